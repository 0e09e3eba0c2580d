// Chat completions: parses the stream of an upstream into events.
import { choicesMax, type Finish, settledReason } from '../../../../shared/chat/answer.ts'
import type { Emit } from '../../../../shared/chat/events.ts'
import type { Citation, Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { laterUsage, tierOf, type Usage } from '../../../../shared/chat/usage.ts'
import { hasOneMember, isObject, saidIn } from '../common/body-reader.ts'
import type { EventReader } from '../dialect.ts'
import { readAnnotations } from '../openai/annotations.ts'
import { errorWithin, readOpenAiError } from '../openai/error.ts'
import { citedIn, readSources } from '../openai/sources.ts'
import { usageIn } from '../openai/usage.ts'
import { type AnswerReading, contentText, readAudio, readLogprobs } from './answer.ts'
import { emitChoiceExtras, emitExtras } from './extras.ts'
import { readFinish } from './finish-reason.ts'
import { imagesIn } from './images.ts'
import { type Detail, detailsIn, reasoningText } from './reasoning.ts'
import { StreamCalls } from './stream-calls.ts'
import { readSignature, signsEmptyPart } from './thought-signature.ts'

export class ChatStreamReader implements EventReader {
  readonly #choices: ChoiceReader[] = []
  readonly #reading: AnswerReading
  readonly #listed: Listed = { sources: undefined }
  #started = false
  #over = false
  #tier: string | undefined
  #usage: Usage | undefined

  constructor(reading: AnswerReading = {}) {
    this.#reading = reading
  }

  read(value: JsonObject, emit: Emit): void {
    if (errorWithin(value) !== undefined) {
      this.#over = true
      emit({ type: 'error', error: readOpenAiError(500, value) })
      return
    }
    // Azure's preamble has neither a model nor choices.
    if (!this.#started && value['model'] !== '') this.#start(value, emit)
    const { choices } = value
    this.#listed.sources = readSources(value) ?? this.#listed.sources
    if (this.#reading.keepsMembers === true) emitExtras(value, emit)
    if (Array.isArray(choices)) for (const choice of choices) this.#readChoice(choice, emit)
    const usage = usageIn(value)
    if (usage === undefined) return
    usage.tier ??= this.#tier
    this.#usage = laterUsage(this.#usage, usage)
    emit({ type: 'usage', usage: this.#usage })
  }

  /** Some hosts omit the finish reason, and some `[DONE]`, but none omits both. */
  done(emit: Emit): void {
    for (const choice of this.#choices) choice.finish(emit)
    this.#end(emit)
  }

  end(emit: Emit): void {
    const finished = this.#choices.length > 0 && this.#choices.every(({ finished }) => finished)
    if (finished) this.done(emit)
    else if (!this.#over) emit({ type: 'upstream-cut' })
  }

  #end(emit: Emit): void {
    if (this.#over) return
    this.#over = true
    // A stream without choices is not an answer.
    emit(this.#choices.length === 0 ? { type: 'upstream-cut' } : { type: 'end' })
  }

  #start(value: JsonObject, emit: Emit): void {
    this.#started = true
    const { id, model, created, service_tier: tier, system_fingerprint: fingerprint } = value
    this.#tier = tierOf(tier)
    emit({
      type: 'start',
      id: typeof id === 'string' ? id : '',
      model: typeof model === 'string' ? model : '',
      created: typeof created === 'number' ? created : undefined,
      serviceTier: saidIn(tier),
      fingerprint: saidIn(fingerprint),
    })
  }

  #readChoice(value: Json, emit: Emit): void {
    if (!isObject(value)) return
    const index = typeof value['index'] === 'number' ? value['index'] : 0
    // A chunk with only usage may hold an empty choice. An index out of range is not a choice.
    if (!Number.isInteger(index) || index < 0 || index >= choicesMax) return
    const known = this.#choices[index]
    const delta = deltaIn(value, known === undefined)
    if (Object.keys(delta).length === 0 && saidIn(value['finish_reason']) === undefined && known === undefined) return
    const choice = known ?? this.#openChoices(index)
    choice.read(value, delta, emit)
  }

  /** Opens all choices up to `last`, and returns that one. */
  #openChoices(last: number): ChoiceReader {
    let choice: ChoiceReader
    do {
      choice = new ChoiceReader(this.#choices.length, this.#reading, this.#listed)
      this.#choices.push(choice)
    } while (this.#choices.length <= last)
    return choice
  }
}

/** What a chunk says of a choice. Some hosts stream a whole answer as one chunk, with a `message`. */
function deltaIn({ delta, message }: JsonObject, isFirst: boolean): JsonObject {
  if (isObject(delta)) return delta
  return isFirst && isObject(message) ? message : {}
}

/** Whether a delta holds a piece of the answer. Some hosts send such pieces behind a finish reason (anomalyco/opencode#49167). */
function goesOn(delta: JsonObject): boolean {
  const { content, refusal, tool_calls: calls, function_call: legacy, audio } = delta
  if (contentText(content) !== '' || (reasoningText(delta) ?? '') !== '' || saidIn(refusal) !== undefined) return true
  if (readAudio(audio) !== undefined || isObject(legacy)) return true
  return (Array.isArray(calls) && calls.length > 0) || imagesIn(delta).length > 0
}

/** What the answer says of all its choices. */
interface Listed {
  sources: readonly Citation[] | undefined
}

type Prose = 'text' | 'reasoning' | 'refusal'

class ChoiceReader {
  readonly #choice: number
  readonly #reading: AnswerReading
  readonly #listed: Listed
  #parts = 0
  /** The text of the first text part, where it refers to sources. */
  #text = ''
  #areSourcesTold = false
  /** The open part: text, reasoning or refusal. */
  #open: { readonly kind: Prose; readonly part: number; seal?: number } | undefined
  /** The text of the open or the last reasoning part. */
  #thought = ''
  readonly #calls: StreamCalls
  #finish: Finish | undefined
  finished = false

  constructor(choice: number, reading: AnswerReading, listed: Listed) {
    this.#choice = choice
    this.#calls = new StreamCalls(choice, reading.toolNames)
    this.#reading = reading
    this.#listed = listed
  }

  read(value: JsonObject, delta: JsonObject, emit: Emit): void {
    if (this.finished) {
      if (!goesOn(delta)) return
      this.finished = false
    }
    if (this.#reading.keepsMembers === true) emitChoiceExtras(this.#choice, value, delta, emit)
    const { content } = delta
    // Fast path: nearly every chunk holds a piece of text and nothing else.
    if (typeof content === 'string' && hasOneMember(delta) && !value['finish_reason'] && value['logprobs'] == null) {
      if (content !== '') this.#say('text', content, emit)
      return
    }
    this.#readThoughts(delta, emit)
    const text = contentText(delta['content'])
    if (text !== '') this.#say('text', text, emit)
    const { refusal } = delta
    if (typeof refusal === 'string' && refusal !== '') this.#say('refusal', refusal, emit)
    this.#readRest(value, delta, emit)
    this.#signText(delta, emit)
    const { tool_calls: calls, function_call: legacy } = delta
    if (Array.isArray(calls) && calls.length > 0) for (const call of calls) this.#calls.read(call, emit, this.#begin)
    else if (isObject(legacy)) this.#calls.read({ index: 0, function: legacy }, emit, this.#begin)
    const reason = saidIn(value['finish_reason'])
    if (reason !== undefined) {
      this.#finish = readFinish(reason)
      this.finish(emit)
    }
  }

  finish(emit: Emit): void {
    if (this.finished) return
    this.finished = true
    if (this.#listed.sources !== undefined && !this.#areSourcesTold) this.#openPart('text', emit)
    this.#close(emit)
    this.#calls.end(emit)
    const finish = this.#finish ?? { reason: 'stop' }
    const reason = settledReason(finish.reason, this.#calls.isAny)
    emit({ type: 'finish', choice: this.#choice, finish: { ...finish, reason } })
  }

  #readThoughts(delta: JsonObject, emit: Emit): void {
    const details = detailsIn(delta)
    if (details.length > 0) {
      for (const detail of details) this.#think(detail, emit)
      return
    }
    const text = reasoningText(delta)
    if (text === undefined || text === '') return
    // Text after a seal begins another reasoning part.
    if (this.#open?.seal !== undefined) this.#close(emit)
    this.#say('reasoning', text, emit)
  }

  #think({ index = -1, part: thought }: Detail, emit: Emit): void {
    const { text, signature, encrypted } = thought
    if (this.#open?.seal !== undefined && (index < 0 || this.#open.seal !== index)) this.#close(emit)
    const part = this.#openPart('reasoning', emit, thought.id)
    const choice = this.#choice
    // A seal may repeat the whole text that was streamed before.
    const repeated = (signature ?? encrypted) !== undefined && text === this.#thought
    if (text !== '' && !repeated) this.#say('reasoning', text, emit)
    if (signature !== undefined) emit({ type: 'signature', choice, part, sealed: signature })
    if (encrypted !== undefined) emit({ type: 'encrypted', choice, part, sealed: encrypted })
    if (this.#open !== undefined && (signature ?? encrypted) !== undefined) this.#open.seal = index
  }

  #signText(delta: JsonObject, emit: Emit): void {
    const sealed = readSignature(delta)
    if (sealed === undefined) return
    if (signsEmptyPart(delta)) this.#close(emit)
    emit({ type: 'signature', choice: this.#choice, part: this.#openPart('text', emit), sealed })
  }

  #readRest(value: JsonObject, delta: JsonObject, emit: Emit): void {
    const choice = this.#choice
    const citations = readAnnotations(delta['annotations'])
    if (citations !== undefined) {
      const part = this.#openPart('text', emit)
      for (const citation of citations) emit({ type: 'citation', choice, part, citation })
    }
    const audio = readAudio(delta['audio'])
    if (audio !== undefined) {
      this.#close(emit)
      emit({ type: 'part', choice, part: this.#parts++, value: audio })
    }
    for (const image of imagesIn(delta)) {
      this.#close(emit)
      emit({ type: 'part', choice, part: this.#parts++, value: image })
    }
    const tokens = value['logprobs'] === null ? undefined : readLogprobs(value['logprobs'])
    if (tokens !== undefined) emit({ type: 'logprobs', choice, tokens })
  }

  #say(kind: Prose, text: string, emit: Emit): void {
    const part = this.#openPart(kind, emit)
    if (kind === 'reasoning') this.#thought += text
    else if (this.#reading.numbersSources === true && kind === 'text' && !this.#areSourcesTold) this.#text += text
    emit({ type: `${kind}-delta`, choice: this.#choice, part, text })
  }

  #openPart(kind: Prose, emit: Emit, id?: string): number {
    if (this.#open?.kind === kind) return this.#open.part
    this.#close(emit)
    const part = this.#parts++
    this.#open = { kind, part }
    this.#thought = ''
    if (kind === 'reasoning') emit({ type: 'reasoning-start', choice: this.#choice, part, id })
    else emit({ type: `${kind}-start`, choice: this.#choice, part })
    return part
  }

  #close(emit: Emit): void {
    if (this.#open === undefined) return
    const { kind, part } = this.#open
    this.#open = undefined
    if (kind === 'text') this.#tellSources(part, emit)
    emit({ type: `${kind}-end`, choice: this.#choice, part })
  }

  /** Closes what is open, and numbers the part of a call. */
  readonly #begin = (emit: Emit): number => {
    this.#close(emit)
    return this.#parts++
  }

  #tellSources(part: number, emit: Emit): void {
    const { sources } = this.#listed
    if (sources === undefined || this.#areSourcesTold) return
    this.#areSourcesTold = true
    const text = this.#reading.numbersSources === true ? this.#text : undefined
    for (const citation of citedIn(text, sources)) emit({ type: 'citation', choice: this.#choice, part, citation })
  }
}
