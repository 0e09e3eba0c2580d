// Gemini's streamGenerateContent: parses the stream of an upstream into events. Every chunk has the form of a whole
// answer and holds what is new; only the end of the connection ends the stream. A unary answer is parsed as a stream of
// one chunk.
import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ChatEvent, Emit } from '../../../../shared/chat/events.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { laterUsage, type Usage } from '../../../../shared/chat/usage.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { silentBytesMax } from '../../../../shared/sse/frames.ts'
import type { ChargedCalls } from '../../../../shared/usage/charged-calls.ts'
import { isObject, textIn } from '../common/body-reader.ts'
import { JsonListParser } from '../common/json-list-parser.ts'
import { SseParser } from '../common/sse-parser.ts'
import type { EventReader, PrintedFacts, StreamParser } from '../dialect.ts'
import { readGeminiError } from './error.ts'
import { readGeminiBlock } from './finish-reason.ts'
import { emitAnswerExtras } from './members.ts'
import { candidateIndex, GeminiCandidate } from './parse-candidate.ts'
import { readGeminiUsage, searchesIn, tellsOutput } from './usage.ts'

export class GeminiStreamReader implements EventReader {
  readonly #printed: PrintedFacts
  readonly #candidates = new Map<number, GeminiCandidate>()
  #responseId: string | undefined
  #searches: ChargedCalls | undefined
  #usage: Usage | undefined
  #blocked = false

  constructor(printed: PrintedFacts) {
    this.#printed = printed
  }

  read(value: JsonObject, emit: Emit): void {
    if (isObject(value['error'])) {
      emit({ type: 'error', error: readGeminiError(500, value) })
      return
    }
    const responseId = this.#responseId ?? this.#start(value, emit)
    if (this.#printed.keepsMembers === true) emitAnswerExtras(value, emit)
    const { candidates } = value
    if (Array.isArray(candidates)) {
      for (const [place, candidate] of candidates.entries()) {
        if (isObject(candidate)) this.#candidate(candidate, { place, responseId, emit })
      }
    }
    const feedback = value['promptFeedback'] ?? value['prompt_feedback']
    if (isObject(feedback)) this.#block(feedback, emit)
    const said = value['usageMetadata'] ?? value['usage_metadata']
    this.#searches = searchesIn(value) ?? this.#searches
    const usage = readGeminiUsage(said)
    if (usage === undefined) return
    this.#usage = laterUsage(this.#usage, usage)
    this.#usage.calls = this.#searches
    emit({ type: 'usage', usage: this.#usage, isInputAlone: !tellsOutput(said) && !this.#isWhole })
  }

  /** Does nothing: a Gemini stream has no `[DONE]`. */
  done(): void {}

  end(emit: Emit): void {
    emit({ type: this.#isWhole ? 'end' : 'upstream-cut' })
  }

  /** Ends a unary answer: candidates without a finish reason are finished. */
  close(emit: Emit): void {
    for (const candidate of this.#candidates.values()) candidate.finish({}, emit)
    this.end(emit)
  }

  get #isWhole(): boolean {
    const candidates = [...this.#candidates.values()]
    return candidates.length > 0 ? candidates.every(({ finished }) => finished) : this.#blocked
  }

  #start(value: JsonObject, emit: Emit): string {
    const model = textIn(value['modelVersion'] ?? value['model_version']) || (this.#printed.model ?? '')
    const id = textIn(value['responseId'] ?? value['response_id'])
    this.#responseId = id
    const createdMs = Date.parse(textIn(value['createTime']))
    emit({ type: 'start', id, model, created: createdMs >= 0 ? Math.floor(createdMs / 1_000) : undefined })
    return id
  }

  #candidate(value: JsonObject, { place, responseId, emit }: { place: number; responseId: string; emit: Emit }): void {
    const index = candidateIndex(value, place)
    if (index === undefined) return
    let candidate = this.#candidates.get(index)
    if (candidate === undefined) {
      candidate = new GeminiCandidate(index, { responseId, printed: this.#printed })
      this.#candidates.set(index, candidate)
    }
    candidate.read(value, emit)
  }

  /** A blocked prompt has no candidates (wire 73). */
  #block(feedback: JsonObject, emit: Emit): void {
    const finish = readGeminiBlock(feedback)
    if (finish === undefined || this.#blocked) return
    this.#blocked = true
    if (this.#candidates.size === 0) emit({ type: 'finish', choice: 0, finish })
    // A filter may stop an answer that has begun.
    for (const candidate of this.#candidates.values()) candidate.stop(finish, emit)
  }
}

export function readGeminiAnswer(body: JsonObject, printed: PrintedFacts): ChatAnswer | undefined {
  const reader = new GeminiStreamReader(printed)
  const events: ChatEvent[] = []
  const emit = (event: ChatEvent) => void events.push(event)
  reader.read(body, emit)
  reader.close(emit)
  const answer = assemble(events)
  return answer.ok ? answer.value : undefined
}

/** Parses server-sent events (`alt=sse`), or one JSON list, which some servers send in either case (wire 77). */
export class GeminiStreamParser implements StreamParser {
  readonly #reader: GeminiStreamReader
  #inner: StreamParser | undefined
  #blankBytes = 0

  constructor(printed: PrintedFacts) {
    this.#reader = new GeminiStreamReader(printed)
  }

  push(bytes: Buffer, emit: Emit): 'ok' | 'broken' {
    this.#inner ??= this.#parserOf(bytes)
    if (this.#inner !== undefined) return this.#inner.push(bytes, emit)
    this.#blankBytes += bytes.length
    return this.#blankBytes <= silentBytesMax ? 'ok' : 'broken'
  }

  progressed(): void {
    this.#inner?.progressed()
  }

  end(emit: Emit): void {
    if (this.#inner === undefined) this.#reader.end(emit)
    else this.#inner.end(emit)
  }

  /** The first byte that is not a space decides; undefined while there is none. */
  #parserOf(bytes: Buffer): StreamParser | undefined {
    const first = bytes.find((byte) => byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9)
    if (first === undefined) return undefined
    return first === 91 ? new JsonListParser(this.#reader, parsed) : new SseParser(this.#reader, parsed)
  }
}

/** Arguments of calls come as JSON values, so chunks with calls are parsed without loss of digits. */
function parsed(text: string): JsonObject | undefined {
  const value = /"function_?[cC]all"/.test(text) ? tryParseExact(text) : plainly(text)
  return isObject(value) ? value : undefined
}

function plainly(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
