// Parses one candidate of a Gemini answer into events. Parts have neither start nor end: text goes on until another
// kind of part comes, a signature belongs to the part that holds it, and calls come whole or with partial arguments.
import { choicesMax, type Finish, settledReason, type TokenLogprob } from '../../../../shared/chat/answer.ts'
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'
import { readSeal, type Seal } from '../common/sealed-parts.ts'
import type { PrintedFacts } from '../dialect.ts'
import { PartialArguments } from './calls.ts'
import { readGrounding, readRecitations } from './citations.ts'
import { readGeminiFinish } from './finish-reason.ts'
import { emitCandidateExtras } from './members.ts'
import { readGeminiMedia, thoughtSignature } from './parse-content.ts'

type Open =
  | { readonly kind: 'text' | 'reasoning'; readonly part: number; text: string; seal: Seal | undefined }
  | { readonly kind: 'call'; readonly part: number; readonly args: PartialArguments }

export interface CandidateFacts {
  /** The id of the answer; calls without ids get ids that are made of it. */
  readonly responseId: string
  readonly printed: PrintedFacts
}

export class GeminiCandidate {
  readonly #choice: number
  readonly #facts: CandidateFacts
  #open: Open | undefined
  #parts = 0
  #calls = 0
  #grounding: JsonObject | undefined
  readonly #recitations: JsonObject[] = []
  finished = false

  constructor(choice: number, facts: CandidateFacts) {
    this.#choice = choice
    this.#facts = facts
  }

  read(candidate: JsonObject, emit: Emit): void {
    const { content } = candidate
    const parts = isObject(content) ? content['parts'] : undefined
    // A round of the provider's own tools has a finish reason, too, and some hosts put one into every chunk.
    if (this.finished) {
      if (!Array.isArray(parts) || parts.every(isEmptyPart)) return
      this.finished = false
    }
    if (Array.isArray(parts)) for (const part of parts) if (isObject(part)) this.#part(part, emit)
    if (this.#facts.printed.keepsMembers === true) emitCandidateExtras(this.#choice, candidate, emit)
    else this.#keepSources(candidate)
    const tokens = readLogprobs(candidate['logprobsResult'] ?? candidate['logprobs_result'])
    if (tokens.length > 0) emit({ type: 'logprobs', choice: this.#choice, tokens })
    const reason = candidate['finishReason'] ?? candidate['finish_reason']
    if (typeof reason === 'string' && reason !== '' && reason !== 'FINISH_REASON_UNSPECIFIED')
      this.finish(candidate, emit)
  }

  #keepSources(candidate: JsonObject): void {
    const grounding = candidate['groundingMetadata'] ?? candidate['grounding_metadata']
    if (isObject(grounding)) this.#grounding = { ...this.#grounding, ...grounding }
    const recited = candidate['citationMetadata'] ?? candidate['citation_metadata']
    if (isObject(recited)) this.#recitations.push(recited)
  }

  finish(candidate: JsonObject, emit: Emit): void {
    const raw = candidate['finishReason'] ?? candidate['finish_reason']
    this.stop(readGeminiFinish(raw, candidate['finishMessage'] ?? candidate['finish_message']), emit)
  }

  stop(finish: Finish, emit: Emit): void {
    if (this.finished) return
    // Sources may come after the text has ended.
    if (this.#hasSources && this.#open?.kind !== 'text') this.#begin('text', emit)
    this.#close(emit)
    this.finished = true
    const reason = settledReason(finish.reason, this.#calls > 0)
    emit({ type: 'finish', choice: this.#choice, finish: { ...finish, reason } })
  }

  #part(part: JsonObject, emit: Emit): void {
    const call = part['functionCall'] ?? part['function_call']
    if (isObject(call)) this.#call(call, part, emit)
    else if (typeof part['text'] === 'string') this.#say(part, part['text'], emit)
    else this.#whole(part, emit)
  }

  #say(part: JsonObject, text: string, emit: Emit): void {
    const seal = sealOf(part)
    if (text === '' && seal === undefined) return
    const kind = part['thought'] === true ? 'reasoning' : 'text'
    const open = this.#goesOn(kind, text, seal) ?? this.#begin(kind, emit)
    const at = { choice: this.#choice, part: open.part }
    if (text !== '') {
      open.text += text
      emit({ type: `${kind}-delta`, ...at, text })
    }
    if (seal === undefined) return
    open.seal = seal
    const type = kind === 'text' ? 'signature' : seal.kind
    emit({ type, ...at, sealed: seal.sealed })
  }

  /** A signed part has ended; only more pieces of its signature may follow (wire 71). An empty signed text is a part of its own:
   *  Google asks that parts with a signature are not merged with others (source: ai.google.dev, "Thought signatures"). */
  #goesOn(kind: 'text' | 'reasoning', text: string, seal: Seal | undefined) {
    const open = this.#open
    if (open === undefined || open.kind === 'call' || open.kind !== kind) return undefined
    if (open.seal === undefined) return kind === 'text' && text === '' && open.text !== '' ? undefined : open
    const isPiece = text === '' && isOwn(open.seal) && seal !== undefined && isOwn(seal)
    return isPiece ? open : undefined
  }

  #begin(kind: 'text' | 'reasoning', emit: Emit) {
    this.#close(emit)
    const open = { kind, part: this.#parts++, text: '', seal: undefined as Seal | undefined }
    this.#open = open
    emit({ type: `${kind}-start`, choice: this.#choice, part: open.part })
    return open
  }

  #call(call: JsonObject, part: JsonObject, emit: Emit): void {
    const { name, args } = call
    const seal = sealOf(part)
    const signed = seal !== undefined
    if (typeof name === 'string' && name !== '') this.#beginCall(name, call, { signed, emit })
    const open = this.#open
    if (open?.kind !== 'call') return
    if (signed) emit({ type: 'signature', choice: this.#choice, part: open.part, sealed: seal.sealed })
    const pieces = call['partialArgs'] ?? call['partial_args']
    if (Array.isArray(pieces)) for (const piece of pieces) if (isObject(piece)) open.args.add(piece)
    const goesOn = (call['willContinue'] ?? call['will_continue']) === true
    if (!goesOn || isObject(args)) this.#close(emit)
  }

  #beginCall(written: string, { id, args }: JsonObject, { signed, emit }: { signed: boolean; emit: Emit }): void {
    this.#close(emit)
    const part = this.#parts++
    const given = typeof id === 'string' && id !== '' ? id : this.#newId()
    this.#calls++
    this.#open = { kind: 'call', part, args: new PartialArguments(argsOf(args)) }
    const name = this.#facts.printed.toolNames?.get(written) ?? written
    emit({ type: 'tool-input-start', choice: this.#choice, part, id: given, name, form: 'function', signed })
  }

  /** Parsing an answer again gives the same ids, and each answer of a conversation has ids of its own (wire 23, 70). */
  #newId(): string {
    const { responseId, printed } = this.#facts
    const answer = responseId.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 24)
    const turn = answer === '' ? `${printed.callsBefore ?? 0}` : answer
    return `call_${turn}_${this.#choice === 0 ? '' : `${this.#choice}_`}${this.#calls}`
  }

  #whole(part: JsonObject, emit: Emit): void {
    const media = readGeminiMedia(part)
    this.#close(emit)
    const signature = sealOf(part)?.sealed
    const value = media === undefined ? opaque(part) : { ...media, signature }
    emit({ type: 'part', choice: this.#choice, part: this.#parts++, value })
  }

  #close(emit: Emit): void {
    const open = this.#open
    if (open === undefined) return
    this.#open = undefined
    const at = { choice: this.#choice, part: open.part }
    if (open.kind === 'call') {
      emit({ type: 'tool-input-delta', ...at, text: open.args.text })
      emit({ type: 'tool-input-end', ...at })
      return
    }
    if (open.kind === 'text')
      for (const citation of this.#citations(open.text)) emit({ type: 'citation', ...at, citation })
    emit({ type: `${open.kind}-end`, ...at })
  }

  get #hasSources(): boolean {
    return (
      this.#recitations.length > 0 || (this.#grounding !== undefined && readGrounding(this.#grounding, '').length > 0)
    )
  }

  /** Citations that came while the text was open belong to it. */
  #citations(text: string): Citation[] {
    const grounded = this.#grounding === undefined ? [] : readGrounding(this.#grounding, text)
    const recited = this.#recitations.splice(0).flatMap((metadata) => readRecitations(metadata, text))
    this.#grounding = undefined
    return [...grounded, ...recited]
  }
}

/** The index of a candidate, by default its place in the list. Undefined for an index out of range. */
export function candidateIndex({ index }: JsonObject, place: number): number | undefined {
  const at = typeof index === 'number' ? index : place
  return Number.isInteger(at) && at >= 0 && at < choicesMax ? at : undefined
}

/** Hosts that imitate the API write the arguments as JSON text. */
function argsOf(args: Json): Json {
  return typeof args === 'string' ? tryParseExact(args) : args
}

function isEmptyPart(part: Json): boolean {
  return !isObject(part) || (part['text'] === '' && sealOf(part) === undefined)
}

function opaque(value: JsonObject) {
  return { type: 'opaque', dialect: 'gemini', value } as const
}

function sealOf(part: JsonObject): Seal | undefined {
  const text = part['thoughtSignature'] ?? part['thought_signature']
  return typeof text === 'string' && text !== '' ? readSeal(text, thoughtSignature) : undefined
}

function isOwn({ kind, sealed }: Seal): boolean {
  return kind === thoughtSignature.kind && sealed.family === thoughtSignature.family
}

function readLogprobs(value: Json): TokenLogprob[] {
  if (!isObject(value)) return []
  const chosen = value['chosenCandidates'] ?? value['chosen_candidates']
  const tops = value['topCandidates'] ?? value['top_candidates']
  if (!Array.isArray(chosen)) return []
  return chosen.filter(isObject).map((one, i) => {
    const beside = Array.isArray(tops) && isObject(tops[i]) ? tops[i]['candidates'] : undefined
    return { ...tokenOf(one), top: Array.isArray(beside) ? beside.filter(isObject).map(tokenOf) : [] }
  })
}

function tokenOf(one: JsonObject): { token: string; logprob: number } {
  const logprob = one['logProbability'] ?? one['log_probability']
  return { token: String(one['token'] ?? ''), logprob: typeof logprob === 'number' ? logprob : 0 }
}
