// Translates the stream of an upstream to a caller of another dialect: bytes are parsed to events, events are printed, and the events of
// one read go out in one write. The terminal event is held back, as in a stream that passes through.
import { Assembly } from '../../../shared/chat/assemble.ts'
import type { ChatError } from '../../../shared/chat/error.ts'
import { type ChatEvent, type Emit, isToken, textBytesOf } from '../../../shared/chat/events.ts'
import { isRewritten, restoring } from '../../../shared/chat/tool-forms.ts'
import { type Usage, usageOf } from '../../../shared/chat/usage.ts'
import { unlessTooDeep } from '../dialects/depth-guard.ts'
import type {
  InboundDialect,
  PrintedFacts,
  PrintFacts,
  StreamParser,
  StreamPrinter,
  UpstreamDialect,
} from '../dialects/dialect.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import { type AnswerFilter, filtered } from './answer-filter.ts'
import {
  type AnswerStream,
  countedOutput,
  countedTokens,
  eventStream,
  type InputEstimate,
  keepAliveComment,
  openingBytesMax,
  type StreamCounts,
  type StreamOptions,
  type StreamSink,
  type StreamTokens,
} from './answer-stream.ts'
import { OpenChoices } from './open-choices.ts'

export interface Translation {
  readonly inbound: InboundDialect
  readonly upstream: UpstreamDialect
  readonly printed: PrintedFacts
  readonly facts: PrintFacts
  readonly errors: ErrorShape
  readonly filters: readonly AnswerFilter[]
}

export class TranslatedStream implements AnswerStream {
  readonly #sink: StreamSink
  readonly #parser: StreamParser
  readonly #printer: StreamPrinter
  readonly #emit: Emit
  readonly #facts: PrintFacts
  /** Assembles the answer where it will be stored. */
  readonly #assembly: Assembly | undefined
  #nowMs: number
  /** The text that is printed and not yet sent. */
  #pending = ''
  #usage: Usage | undefined
  /** Whether the first token has come. What is printed before it is held back. */
  #isBegun = false
  /** Whether a finish came, and no token behind it. */
  #isQuiet = false
  /** What is open in the answer; undefined where the stream is never ended early. */
  readonly #choices: OpenChoices | undefined
  #isOutputTold = false
  /** The bytes of text that came as long as the output was not told. */
  #textBytes = 0
  #over: 'whole' | 'error' | 'cut' | undefined
  lastEventMs: number
  readonly contentType: string
  readonly keepAlive: string
  readonly timing = { tokens: 0, firstTokenMs: 0, lastTokenMs: 0 }
  forwarded = false
  finished = false
  error: ChatError | undefined

  constructor({ inbound, upstream, printed, facts, filters }: Translation, { nowMs, sink, mayCurtail }: StreamOptions) {
    this.#sink = sink
    this.#nowMs = nowMs
    this.lastEventMs = nowMs
    this.keepAlive = inbound.framing?.keepAlive ?? keepAliveComment
    this.contentType = inbound.framing?.contentType ?? eventStream
    this.#parser = upstream.openParser(printed)
    this.#printer = inbound.openPrinter(facts)
    this.#facts = facts
    this.#choices = mayCurtail === true ? new OpenChoices() : undefined
    this.#assembly = facts.stored === undefined ? undefined : new Assembly()
    const take = filtered(filters, (event) => this.#take(event))
    this.#emit = isRewritten(printed) ? restoring(printed, take) : take
  }

  get complete(): boolean {
    return this.#isQuiet && this.#usage !== undefined
  }

  get errorMessage(): string | undefined {
    return this.error?.message
  }

  push(bytes: Buffer, nowMs: number): 'ok' | 'broken' {
    if (this.#over !== undefined) return 'ok'
    this.#nowMs = nowMs
    const parsed = unlessTooDeep('broken' as const, () => this.#parser.push(bytes, this.#emit))
    this.#settle()
    // Whoever was told of the end is told of nothing else, whatever stands behind it.
    return this.#over === undefined ? parsed : 'ok'
  }

  end(): 'whole' | 'cut' {
    if (this.#over !== undefined) return this.#over === 'whole' ? 'whole' : 'cut'
    // What comes without its blank line is read now.
    unlessTooDeep(undefined, () => this.#parser.end(this.#emit))
    this.#settle()
    return this.#over === 'whole' ? 'whole' : 'cut'
  }

  stop(): void {
    if (this.#over !== undefined) return
    this.#over = 'whole'
    this.#settle()
  }

  tokens(estimate: InputEstimate): StreamTokens {
    return countedTokens(this.#counts, estimate)
  }

  outputSoFar(bytesPerToken: number): number {
    return countedOutput(this.#counts, bytesPerToken)
  }

  get #counts(): StreamCounts {
    return { usage: this.#usage, isOutputTold: this.#isOutputTold, textBytes: this.#textBytes }
  }

  curtail(estimate: InputEstimate): string | undefined {
    if (this.#over !== undefined || this.#choices === undefined) return undefined
    const usage = usageOf(this.tokens(estimate).tokens)
    for (const event of this.#choices.endings()) this.#take(event)
    this.#pending += this.#printer.print({ type: 'usage', usage })
    this.#take({ type: 'end' })
    this.#tellStore()
    const text = this.#pending + this.#printer.print({ type: 'end' })
    this.#pending = ''
    this.#begin()
    return text
  }

  failure(code: string, message: string): string | undefined {
    return this.#printer.fail?.(code, message)
  }

  #take(event: ChatEvent): void {
    this.#isBegun ||= !isOpening(event)
    if (this.#isBegun) this.lastEventMs = this.#nowMs
    this.#assembly?.add(event)
    this.#choices?.see(event)
    switch (event.type) {
      case 'end':
        this.#over = 'whole'
        return
      case 'error':
        this.#over = 'error'
        this.error = event.error
        return
      case 'upstream-cut':
        this.#over = 'cut'
        return
      case 'usage':
        this.#usage = event.usage
        this.#isOutputTold = event.isInputAlone !== true
        break
      case 'finish':
        this.finished = true
        this.#isQuiet = true
        break
      default:
        if (isToken(event)) this.#countToken()
        if (!this.#isOutputTold) this.#textBytes += textBytesOf(event)
    }
    this.#pending += this.#printer.print(event)
  }

  /** Sends what the events of one read have printed. */
  #settle(): void {
    // After an error before anything was sent, the text is dropped, so that another target can be tried.
    if (this.#over === 'error' && !this.forwarded) this.#pending = ''
    this.#flush()
    if (this.#over === 'error') this.#sink.onErrorEvent()
    else if (this.#over === 'whole') {
      this.#tellStore()
      this.#isBegun = true
      this.#flush()
      const last = this.#printer.print({ type: 'end' })
      this.#begin()
      this.#sink.onDone(last)
    }
  }

  #tellStore(): void {
    const answer = this.#assembly?.answer()
    if (answer?.ok === true) this.#facts.stored?.take(answer.value.choices[0]?.parts ?? [])
  }

  #flush(): void {
    const text = this.#pending
    if (text === '' || !(this.#isBegun || text.length > openingBytesMax)) return
    this.#pending = ''
    this.#begin()
    this.#sink.onBytes(text)
  }

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#sink.onFirstByte()
  }

  #countToken(): void {
    const { timing } = this
    this.#isQuiet = false
    this.#parser.progressed()
    timing.tokens++
    if (timing.tokens === 1) timing.firstTokenMs = this.#nowMs
    timing.lastTokenMs = this.#nowMs
  }
}

/** Whether an event can stand before the first token, or tells nothing but the end. */
function isOpening(event: ChatEvent): boolean {
  switch (event.type) {
    case 'signature':
    case 'encrypted':
    case 'citation':
      return false
    default:
      return !isToken(event)
  }
}
