// Anthropic Messages: prints events as a stream for a caller. The API has one open block at a time, so the events of a
// part that starts while another part is open wait until the open one has ended.

import type {
  ChatEvent,
  FinishEvent,
  PartDelta,
  PartStart,
  ReasoningStart,
  SealedEvent,
  StartEvent,
  ToolInputStart,
} from '../../../../shared/chat/events.ts'
import type { Citation, Sealed } from '../../../../shared/chat/parts.ts'
import { type Usage, usageOf } from '../../../../shared/chat/usage.ts'
import { CarriedEvents } from '../common/carried-events.ts'
import { joinedSeal } from '../common/sealed-parts.ts'
import type { PrintFacts, StreamPrinter } from '../dialect.ts'
import { mediaText, printCitation, printThoughtBlock, printThoughtSeal, sourcesAsText } from './answer.ts'
import { printAnthropicFinish } from './finish-reason.ts'
import { messageId } from './message-id.ts'
import { printAnthropicUsage } from './usage.ts'

type PartEvent = Extract<ChatEvent, { part: number }>

export class AnthropicStreamPrinter implements StreamPrinter {
  readonly #facts: PrintFacts
  #start: StartEvent | undefined
  #begun = false
  #usage: Usage | undefined
  #finish: FinishEvent | undefined
  /** The index of the next block. */
  #index = 0
  #open: OpenBlock | undefined
  readonly #waiting: PartEvent[] = []
  readonly #carried = new CarriedEvents((event) => this.#printEvent(event))

  constructor(facts: PrintFacts) {
    this.#facts = facts
  }

  print(event: ChatEvent): string {
    return this.#carried.take(event)
  }

  #printEvent(event: ChatEvent): string {
    switch (event.type) {
      case 'start':
        this.#start = event
        return ''
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'finish':
        if (event.choice === 0) this.#finish = event
        return this.#closeAll()
      case 'ping':
        return this.#begun ? 'event: ping\ndata: {"type":"ping"}\n\n' : ''
      case 'end':
        return this.#begin() + this.#closeAll() + this.#printEnd()
      case 'logprobs':
      case 'answer-extras':
      case 'choice-extras':
      case 'error':
      case 'upstream-cut':
        return ''
      default:
        return event.choice === 0 ? this.#begin() + this.#printPart(event) : '' // the API has one choice only
    }
  }

  #printPart(event: PartEvent): string {
    const open = this.#open
    if (open === undefined || open.part === event.part) return this.#printNow(event)
    // Tool calls nearly always come one after the other, so a call whose input is complete JSON is closed early.
    if (event.type === 'tool-input-start' && open.isWhole()) return this.#close() + this.#printNow(event)
    this.#waiting.push(event)
    return ''
  }

  #printNow(event: PartEvent): string {
    switch (event.type) {
      case 'text-delta':
      case 'refusal-delta':
        if (this.#open !== undefined) this.#open.isEmpty = false
        return this.#delta(event, 'text_delta', 'text')
      case 'reasoning-delta':
        return this.#delta(event, 'thinking_delta', 'thinking')
      case 'tool-input-delta':
        return this.#printInput(event)
      case 'text-start':
      case 'refusal-start':
      case 'reasoning-start':
        this.#open = openBlockOf(event)
        return ''
      case 'tool-input-start':
        this.#open = openBlockOf(event)
        return this.#openBlock()
      case 'signature':
      case 'encrypted':
        return this.#keepSeal(event)
      case 'citation':
        this.#open?.citations.push(event.citation)
        return this.#deltaOf(`{"type":"citations_delta","citation":${JSON.stringify(printCitation(event.citation))}}`)
      case 'part':
        return this.#printWhole(event)
      default:
        return this.#close() + this.#printWaiting()
    }
  }

  #delta({ text }: PartDelta, type: string, member: string): string {
    return this.#deltaOf(`{"type":"${type}","${member}":${JSON.stringify(text)}}`)
  }

  #printInput({ text }: PartDelta): string {
    const open = this.#open
    if (open === undefined) return ''
    open.input += text
    // Free text is sent as an object with one member, when all of it has arrived.
    return open.kind === 'custom' ? '' : this.#inputDelta(text)
  }

  #inputDelta(text: string): string {
    return this.#deltaOf(`{"type":"input_json_delta","partial_json":${JSON.stringify(text)}}`)
  }

  /** Seals wait for the end of the block: clients keep only the last piece of a signature. */
  #keepSeal({ sealed, type }: SealedEvent): string {
    const open = this.#open
    if (open?.kind === 'thought') open.seals[type] = joinedSeal(open.seals[type], sealed)
    return ''
  }

  /** Reasoning without text that is encrypted becomes a redacted block. */
  #closeThought(open: OpenBlock): string {
    const { index, thoughtId: id, seals } = open
    if (index === undefined && seals.signature === undefined && seals.encrypted !== undefined) {
      open.block = JSON.stringify(printThoughtBlock({ text: '', id, ...seals }))
      return this.#openBlock()
    }
    const seal = printThoughtSeal({ id, ...seals })
    if (seal === '') return this.#openBlock()
    return this.#deltaOf(`{"type":"signature_delta","signature":${JSON.stringify(seal)}}`)
  }

  #printWhole({ part, value }: PartEvent & { type: 'part' }): string {
    if (value.type === 'opaque' && value.dialect !== 'anthropic') return ''
    const block = value.type === 'opaque' ? value.value : { type: 'text', text: mediaText(value) }
    this.#open = new OpenBlock(part, 'thought', JSON.stringify(block))
    return this.#close() + this.#printWaiting()
  }

  #close(): string {
    const open = this.#open
    if (open === undefined) return ''
    let text = ''
    if (open.kind === 'custom') text = this.#inputDelta(JSON.stringify({ input: open.input }))
    else if (open.kind === 'thought') text = this.#closeThought(open)
    else if (open.isEmpty && open.citations.length > 0) text = this.#nameSources(open)
    if (open.index !== undefined) text += this.#event('content_block_stop', open.index, '')
    this.#open = undefined
    return text
  }

  #nameSources({ citations }: OpenBlock): string {
    return this.#deltaOf(`{"type":"text_delta","text":${JSON.stringify(sourcesAsText(citations))}}`)
  }

  /** Prints the waiting events in order. Events of yet another part go on waiting. */
  #printWaiting(): string {
    let text = ''
    for (const event of this.#waiting.splice(0)) text += this.#printPart(event)
    return text
  }

  #closeAll(): string {
    let text = this.#close()
    while (this.#waiting.length > 0) text += this.#printWaiting() + this.#close()
    return text
  }

  #begin(): string {
    if (this.#begun) return ''
    this.#begun = true
    const { requestId, estimatedInput } = this.#facts
    const { id, model } = this.#start ?? { id: '', model: '' }
    const message = {
      id: messageId(id, requestId),
      type: 'message',
      role: 'assistant',
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      // Upstreams of other dialects report their input at the end, so this count may be an estimate.
      usage: printAnthropicUsage(this.#usage ?? usageOf({ input: estimatedInput })),
    }
    return `event: message_start\ndata: {"type":"message_start","message":${JSON.stringify(message)}}\n\n`
  }

  #printEnd(): string {
    const finish = printAnthropicFinish(this.#finish?.finish ?? { reason: 'stop' })
    const usage = printAnthropicUsage(this.#usage ?? usageOf({ input: this.#facts.estimatedInput }))
    const delta = JSON.stringify({ type: 'message_delta', delta: finish, usage })
    return `event: message_delta\ndata: ${delta}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n`
  }

  #deltaOf(delta: string): string {
    return this.#openBlock() + this.#event('content_block_delta', this.#open?.index ?? 0, `,"delta":${delta}`)
  }

  /** Sends the start of the open block, unless it was sent before. */
  #openBlock(): string {
    const open = this.#open
    if (open === undefined || open.index !== undefined) return ''
    open.index = this.#index++
    return this.#event('content_block_start', open.index, `,"content_block":${open.block}`)
  }

  #event(type: string, index: number, rest: string): string {
    return `event: ${type}\ndata: {"type":"${type}","index":${index}${rest}}\n\n`
  }
}

const emptyText = '{"type":"text","text":""}'
const emptyThought = '{"type":"thinking","thinking":"","signature":""}'

/** A block is sent with the first thing in it: a text may stay empty, and reasoning may turn out to be redacted. */
function openBlockOf(event: PartStart | ReasoningStart | ToolInputStart): OpenBlock {
  switch (event.type) {
    case 'text-start':
    case 'refusal-start':
      return new OpenBlock(event.part, 'text', emptyText)
    case 'reasoning-start':
      return new OpenBlock(event.part, 'thought', emptyThought, event.id)
    case 'tool-input-start': {
      const block = { type: 'tool_use', id: event.id, name: event.name, input: {} }
      return new OpenBlock(event.part, event.form, JSON.stringify(block))
    }
  }
}

class OpenBlock {
  readonly part: number
  readonly kind: 'text' | 'thought' | 'function' | 'custom'
  /** The block at its start, as JSON. */
  block: string
  /** The index is undefined until the start of the block was sent. */
  index: number | undefined
  input = ''
  /** The provider's id of the reasoning. */
  readonly thoughtId: string | undefined
  readonly seals: { signature?: Sealed; encrypted?: Sealed } = {}
  /** Whether no text was sent of it. */
  isEmpty = true
  readonly citations: Citation[] = []

  constructor(part: number, kind: OpenBlock['kind'], block: string, thoughtId?: string) {
    this.part = part
    this.kind = kind
    this.block = block
    this.thoughtId = thoughtId
  }

  isWhole(): boolean {
    if (this.kind !== 'function') return false
    try {
      JSON.parse(this.input)
      return true
    } catch {
      return false
    }
  }
}
