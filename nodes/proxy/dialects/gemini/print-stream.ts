// Gemini's streamGenerateContent: prints events as a stream for a caller: server-sent events with `alt=sse`, otherwise
// one JSON list. Calls are sent whole, so their input is held until its end.
import type { AnswerExtras } from '../../../../shared/chat/answer.ts'
import type {
  ChatEvent,
  FinishEvent,
  PartDelta,
  PartStart,
  ReasoningStart,
  StartEvent,
  ToolInputStart,
} from '../../../../shared/chat/events.ts'
import type {
  AssistantPart,
  Citation,
  Json,
  JsonObject,
  Sealed,
  TextPart,
  ToolForm,
} from '../../../../shared/chat/parts.ts'
import { type Usage, usageOf } from '../../../../shared/chat/usage.ts'
import { joinedSeal } from '../common/sealed-parts.ts'
import type { PrintFacts, StreamPrinter } from '../dialect.ts'
import { printGeminiCitations } from './citations.ts'
import { printGeminiFinish } from './finish-reason.ts'
import { printGeminiLogprobs, printGeminiPart } from './print-answer.ts'
import { printGeminiUsage } from './usage.ts'

export type GeminiFraming = 'sse' | 'list'

export class GeminiStreamPrinter implements StreamPrinter {
  readonly #facts: PrintFacts
  readonly #framing: GeminiFraming
  #start: StartEvent | undefined
  #usage: Usage | undefined
  #chunks = 0
  readonly #open = new Map<string, OpenPart>()
  /** Finish events are held until the end, because the last chunk carries the usage. */
  readonly #finishes = new Map<number, FinishEvent>()
  /** Members without a neutral name, which the last chunk tells, too. */
  #extras: AnswerExtras = {}
  readonly #candidateExtras = new Map<number, JsonObject>()
  /** The texts of each choice, whose sources the last chunk tells. */
  readonly #texts = new Map<number, TextPart[]>()

  constructor(facts: PrintFacts, framing: GeminiFraming) {
    this.#facts = facts
    this.#framing = framing
  }

  print(event: ChatEvent): string {
    switch (event.type) {
      case 'text-delta':
      case 'refusal-delta':
        this.#said(event)
        return this.#part(event.choice, `{"text":${JSON.stringify(event.text)}}`)
      case 'reasoning-delta':
        return this.#part(event.choice, `{"text":${JSON.stringify(event.text)},"thought":true}`)
      case 'start':
        this.#start = event
        return ''
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'finish':
        this.#finishes.set(event.choice, event)
        return ''
      case 'end':
        return this.#printEnd()
      default:
        return this.#printRare(event)
    }
  }

  fail(code: string, message: string): string {
    const status = code === 'upstream_timeout' ? 'DEADLINE_EXCEEDED' : 'INTERNAL'
    return (
      this.#framed(JSON.stringify({ error: { code: 500, message, status } })) + (this.#framing === 'list' ? ']' : '')
    )
  }

  #printRare(event: ChatEvent): string {
    switch (event.type) {
      case 'text-start':
      case 'reasoning-start':
        this.#beginText(event)
        return ''
      case 'tool-input-start':
        this.#beginCall(event)
        return ''
      case 'tool-input-delta':
        this.#said(event)
        return ''
      case 'signature':
      case 'encrypted':
        this.#open.get(key(event))?.seal(event.type, event.sealed)
        return ''
      case 'citation':
        this.#open.get(key(event))?.citations.push(event.citation)
        return ''
      case 'part':
        return this.#parts(event.choice, event.value)
      case 'answer-extras':
        this.#extras = { ...this.#extras, [event.of]: { ...this.#extras[event.of], ...event.members } }
        return ''
      case 'choice-extras':
        this.#candidateExtras.set(event.choice, { ...this.#candidateExtras.get(event.choice), ...event.members })
        return ''
      case 'logprobs':
        return this.#chunk([{ ...emptyCandidate(event.choice), logprobsResult: printGeminiLogprobs(event.tokens) }])
      case 'text-end':
      case 'reasoning-end':
      case 'tool-input-end':
        return this.#close(event)
      default:
        return ''
    }
  }

  #beginText(event: PartStart | ReasoningStart): void {
    const part = new OpenPart(event.type === 'text-start' ? 'text' : 'reasoning')
    if (event.type === 'reasoning-start') part.thoughtId = event.id
    this.#open.set(key(event), part)
  }

  #beginCall(event: ToolInputStart): void {
    const part = new OpenPart('call')
    part.call = { id: event.id, name: event.name, form: event.form }
    this.#open.set(key(event), part)
  }

  #said(event: PartDelta): void {
    const part = this.#open.get(key(event))
    if (part !== undefined) part.text += event.text
  }

  /** Prints what the end of a part completes: the call, or the seal of a text on an empty text part. */
  #close(event: { readonly choice: number; readonly part: number }): string {
    const part = this.#open.get(key(event))
    if (part === undefined) return ''
    this.#open.delete(key(event))
    const { kind, text, call, thoughtId: id, seals, citations } = part
    const { choice } = event
    if (kind === 'call') {
      return this.#parts(choice, { type: 'tool-call', ...call, input: text, signature: seals.signature })
    }
    const sealed = seals.signature !== undefined || seals.encrypted !== undefined
    const printed = sealed ? this.#parts(choice, { type: kind, id, text: '', ...seals }) : ''
    if (kind === 'text') this.#textsOf(choice).push({ type: 'text', text, citations })
    return printed
  }

  #textsOf(choice: number): TextPart[] {
    const texts = this.#texts.get(choice) ?? []
    this.#texts.set(choice, texts)
    return texts
  }

  #printEnd(): string {
    const ends = [...this.#finishes.values()]
    const finishes = ends.length === 0 ? [{ choice: 0, finish: { reason: 'stop' } as const }] : ends
    const candidates = finishes.map(({ choice, finish }) => ({
      ...emptyCandidate(choice),
      ...printGeminiFinish(finish),
      ...printGeminiCitations(this.#textsOf(choice)),
      ...this.#candidateExtras.get(choice),
    }))
    const usage = printGeminiUsage(this.#usage ?? usageOf({ input: this.#facts.estimatedInput }))
    const { answer, usage: told } = this.#extras
    return (
      this.#chunk(candidates, { usageMetadata: { ...usage, ...told }, ...answer }) +
      (this.#framing === 'list' ? ']' : '')
    )
  }

  #parts(choice: number, value: AssistantPart): string {
    const printed = printGeminiPart(value).map((part) => this.#part(choice, JSON.stringify(part)))
    return printed.join('')
  }

  #part(choice: number, part: string): string {
    return this.#framed(
      `{"candidates":[{"content":{"role":"model","parts":[${part}]},"index":${choice}}],${this.#tail()}`,
    )
  }

  #chunk(candidates: readonly Json[], more: JsonObject = {}): string {
    const head = JSON.stringify({ candidates, ...more }).slice(0, -1)
    return this.#framed(`${head},${this.#tail()}`)
  }

  #tail(): string {
    const { id, model } = this.#start ?? { id: '', model: '' }
    return JSON.stringify({ modelVersion: model, responseId: id === '' ? this.#facts.requestId : id }).slice(1)
  }

  #framed(json: string): string {
    const first = this.#chunks++ === 0
    if (this.#framing === 'sse') return `data: ${json}\n\n`
    return (first ? '[' : ',\n') + json
  }
}

class OpenPart {
  readonly kind: 'text' | 'reasoning' | 'call'
  text = ''
  call: { id: string; name: string; form: ToolForm } = { id: '', name: '', form: 'function' }
  /** The provider's id of reasoning. */
  thoughtId: string | undefined
  readonly seals: { signature?: Sealed; encrypted?: Sealed } = {}
  readonly citations: Citation[] = []

  constructor(kind: OpenPart['kind']) {
    this.kind = kind
  }

  seal(type: 'signature' | 'encrypted', sealed: Sealed): void {
    this.seals[type] = joinedSeal(this.seals[type], sealed)
  }
}

function emptyCandidate(index: number): JsonObject {
  return { content: { role: 'model', parts: [] }, index }
}

function key({ choice, part }: { readonly choice: number; readonly part: number }): string {
  return `${choice}/${part}`
}
