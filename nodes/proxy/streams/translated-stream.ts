// A stream on its way from an upstream of one dialect to a caller of another: bytes are parsed to events, events are printed,
// and what one read brought goes out in one write. What ends it is held back, as in a relayed stream.
import { Assembly } from '../../../shared/chat/assemble.ts'
import type { ChatError } from '../../../shared/chat/error.ts'
import { type ChatEvent, type Emit, isToken } from '../../../shared/chat/events.ts'
import { isRewritten, restoring } from '../../../shared/chat/tool-forms.ts'
import type { Usage } from '../../../shared/chat/usage.ts'
import { unlessTooDeep } from '../dialects/depth-guard.ts'
import type { PrintFacts, StreamParser, StreamPrinter } from '../dialects/dialect.ts'
import type { Translation } from '../translators/chat-translator.ts'
import {
  type AnswerStream,
  countedTokens,
  eventStream,
  KeepAlive,
  type StreamOptions,
  type StreamTokens,
} from './answer-stream.ts'

export class TranslatedStream implements AnswerStream {
  readonly #options: StreamOptions
  readonly #parser: StreamParser
  readonly #printer: StreamPrinter
  readonly #emit: Emit
  readonly #facts: PrintFacts
  /** Puts the answer together where it will be stored. */
  readonly #assembly: Assembly | undefined
  readonly #keepAlive: KeepAlive
  #nowMs: number
  /** Printed and not yet written. */
  #pending = ''
  #usage: Usage | undefined
  #over: 'whole' | 'error' | 'cut' | undefined
  #lastEventMs: number
  readonly contentType: string
  readonly timing = { tokens: 0, firstTokenMs: 0, lastTokenMs: 0 }
  forwarded = false
  finished = false
  error: ChatError | undefined

  constructor({ inbound, upstream, printed, facts }: Translation, options: StreamOptions) {
    this.#options = options
    this.#nowMs = options.nowMs
    this.#lastEventMs = options.nowMs
    this.#keepAlive = new KeepAlive(options, inbound.framing?.keepAlive)
    this.contentType = inbound.framing?.contentType ?? eventStream
    this.#parser = upstream.openParser(printed)
    this.#printer = inbound.openPrinter(facts)
    this.#facts = facts
    this.#assembly = facts.stored === undefined ? undefined : new Assembly()
    const take: Emit = (event) => this.#take(event)
    this.#emit = isRewritten(printed) ? restoring(printed, take) : take
  }

  get errorMessage(): string | undefined {
    return this.error?.message
  }

  push(bytes: Buffer, nowMs: number): 'ok' | 'broken' {
    if (this.#over !== undefined) return 'ok'
    this.#nowMs = nowMs
    const parsed = unlessTooDeep('broken' as const, () => this.#parser.push(bytes, this.#emit))
    this.#settle()
    return parsed
  }

  end(): 'whole' | 'cut' {
    if (this.#over !== undefined) return this.#over === 'whole' ? 'whole' : 'cut'
    this.#parser.end(this.#emit)
    this.#settle()
    return this.#over === 'whole' ? 'whole' : 'cut'
  }

  tokens(estimatedInput: number): StreamTokens {
    return countedTokens(this.#usage, estimatedInput, this.timing.tokens)
  }

  idleMs(nowMs: number): number {
    return nowMs - this.#lastEventMs
  }

  keepAlive(nowMs: number): void {
    if (this.forwarded) this.#keepAlive.beat(nowMs, this.#lastEventMs)
  }

  failure(code: string, message: string): string | undefined {
    return this.#printer.fail?.(code, message)
  }

  #take(event: ChatEvent): void {
    this.#lastEventMs = this.#nowMs
    this.#assembly?.add(event)
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
        break
      case 'finish':
        this.finished = true
        break
      default:
        if (isToken(event)) this.#countToken()
    }
    this.#pending += this.#printer.print(event)
  }

  /** After what one read brought. */
  #settle(): void {
    const { events } = this.#options
    // An error in the same read as the first words: nobody has heard them, so another target may be tried.
    if (this.#over === 'error' && !this.forwarded) this.#pending = ''
    this.#flush()
    if (this.#over === 'error') events.onErrorEvent()
    else if (this.#over === 'whole') {
      this.#tellStore()
      const last = this.#printer.print({ type: 'end' })
      this.#begin()
      events.onDone(last)
    }
  }

  #tellStore(): void {
    const answer = this.#assembly?.answer()
    const { stored, request } = this.#facts
    if (answer?.ok === true) stored?.take(answer.value.choices[0]?.parts ?? [], request.echo?.['input'])
  }

  #flush(): void {
    const text = this.#pending
    if (text === '') return
    this.#pending = ''
    this.#begin()
    if (this.#options.reply.write(text) === 'full') this.#options.events.onFull()
  }

  #begin(): void {
    if (this.forwarded) return
    this.forwarded = true
    this.#options.events.onFirstByte()
  }

  #countToken(): void {
    const { timing } = this
    timing.tokens++
    if (timing.tokens === 1) timing.firstTokenMs = this.#nowMs
    timing.lastTokenMs = this.#nowMs
  }
}
