// Observes a stream that passes through as bytes: the usage, whether the answer is complete, where the first token is,
// and whether an event is an error. Each event is searched once, as text, for substrings; only the few events that
// matter are parsed. Inside a JSON string the quotes around a key would be escaped (`\"usage\"`), so a search for
// `"usage"` finds keys only.
import { laterUsage, tierOf, type Usage } from '../../../../shared/chat/usage.ts'
import { DeliveredText } from '../common/answers/delivered-text.ts'
import { isObject } from '../common/body-reader.ts'
import { errorWithin } from './error.ts'
import { eventData } from './event-data.ts'
import { printFailedResponse } from './failed-response.ts'
import { usageIn, usageOfResponse } from './usage.ts'

/** What the proxy does with an event. */
export type EventFate =
  | 'token' // content: text, a tool call, reasoning
  | 'opening' // neither begins the answer nor ends the wait for its first token
  | 'other' // forwarded, but not a token
  | 'hide' // a usage chunk that the caller did not ask for
  | 'last' // the terminal event, unless another one follows
  | 'done' // the terminal event
  | 'error'

export interface StreamObserver {
  /** `text` is one event, its bytes as latin1. */
  observe(text: string): EventFate
  /** What the upstream has reported so far. */
  readonly usage: Usage | undefined
  /** Whether the upstream has reported the output tokens; some report the input alone at first. */
  readonly isOutputTold: boolean
  /** Bytes of the text, the reasoning and the tool input so far; counted as long as the output is not told. */
  readonly textBytes: number
  /** Whether a finish reason or a terminal event was seen: the answer is complete even if the stream stops now. */
  readonly finished: boolean
  /** Whether the last word came of an answer that a close would still cut, because its dialect has a terminal event. */
  readonly concluded?: boolean
  /** Sent to the caller when the upstream ends a finished stream without its terminal event. */
  readonly terminator: string
  /** The message of an `error` event. */
  readonly errorMessage: string | undefined
  /** The end of a stream that fails, where the dialect has more than an error event for it. */
  failure?(code: string, message: string): string
}

/** Hosts disagree about the name of reasoning, and legacy completions and lists of parts have a `text`. */
const chatMembers = [['reasoning_content', 'reasoning', 'content', 'text'], ['arguments'], ['refusal']]

/** Observes chat completions and legacy completions. */
export class ChatStreamObserver implements StreamObserver {
  readonly terminator = 'data: [DONE]\n\n'
  usage: Usage | undefined
  finished = false
  errorMessage: string | undefined
  readonly #showUsage: boolean
  readonly #delivered = new DeliveredText(chatMembers)
  #tokenSeen = false
  /** Whether a choice was seen. A stream without one is no answer. */
  #choiceSeen = false
  #choicesAt = 0
  /** The service tier that the first chunks name; the one with the usage may not. */
  #tier: string | undefined

  constructor(showUsage: boolean) {
    this.#showUsage = showUsage
  }

  get isOutputTold(): boolean {
    return this.usage !== undefined
  }

  get textBytes(): number {
    return this.#delivered.bytes
  }

  observe(text: string): EventFate {
    const fate = this.#fateOf(text)
    if (fate === 'token' && this.usage === undefined) this.#delivered.add(text)
    return fate
  }

  #fateOf(text: string): EventFate {
    if (text.startsWith('data: [DONE]') || text.startsWith('data:[DONE]')) return this.#end()
    const hasUsage = hasValue(text, '"usage"')
    const ends = !this.finished && hasValue(text, '"finish_reason"')
    if (ends) this.finished = true
    const hasChoices = this.#hasChoices(text)
    if ((ends || !hasChoices || text.includes('"error"')) && this.#isError(text)) return 'error'
    if (hasUsage) return this.#seeUsage(text)
    if (this.#tokenSeen) return hasChoices && text.includes('data:') ? 'token' : 'other'
    this.#tokenSeen = this.#isToken(eventData(text))
    return this.#tokenSeen ? 'token' : 'opening'
  }

  /** Whether the event has choices. They stand at the same place in nearly all events of a stream. */
  #hasChoices(text: string): boolean {
    if (text.startsWith('"choices":[{', this.#choicesAt)) return true
    this.#choicesAt = text.indexOf('"choices"')
    return hasValue(text, '"choices"') && !noChoices.test(text)
  }

  #end(): EventFate {
    if (this.#choiceSeen || this.finished) return 'done'
    this.errorMessage = nothingCame
    return 'error'
  }

  #isError(text: string): boolean {
    const data = eventData(text)
    const error = isObject(data) ? errorWithin(data) : undefined
    if (error === undefined) return false
    this.errorMessage = messageOf(error)
    return true
  }

  #isToken(data: unknown): boolean {
    if (!isRecord(data)) return false
    this.#choiceSeen ||= Array.isArray(data['choices']) && data['choices'].length > 0
    this.#tier ??= tierOf(data['service_tier'])
    return isToken(data)
  }

  #seeUsage(text: string): EventFate {
    const data = eventData(text)
    if (!isRecord(data)) return 'other'
    // Some upstreams send growing counts with every chunk, so the last usage wins.
    const usage = usageIn(data)
    if (usage !== undefined) this.usage = laterUsage(this.usage, usage)
    const isToken = this.#isToken(data)
    if (this.usage !== undefined) this.usage.tier ??= this.#tier
    if (isToken) {
      this.#tokenSeen = true
      return 'token'
    }
    const choices = data['choices']
    const nothingElse = !Array.isArray(choices) || choices.length === 0
    if (nothingElse && !this.#showUsage) return 'hide'
    return this.#tokenSeen ? 'other' : 'opening'
  }
}

const noChoices = /"choices"\s*:\s*\[\s*\]/

/** What is said of a stream that ended before anything of an answer came. */
export const nothingCame = 'The upstream ended its answer before it began.'

const terminalTypes = ['response.completed', 'response.incomplete', 'response.failed']

/** Observes the Responses API: typed events without `[DONE]`; the terminal event carries the usage. */
export class ResponsesStreamObserver implements StreamObserver {
  readonly terminator = ''
  usage: Usage | undefined
  finished = false
  errorMessage: string | undefined
  #announced: string | undefined
  #last: string | undefined
  /** The upstream's own event of its failure. */
  #failed: string | undefined
  readonly #delivered = new DeliveredText([['delta']])

  get isOutputTold(): boolean {
    return this.usage !== undefined
  }

  get textBytes(): number {
    return this.#delivered.bytes
  }

  observe(text: string): EventFate {
    const type = responsesEventType(text)
    if (terminalTypes.includes(type)) return this.#seeTerminal(text, type)
    if (type === 'error' || (!type.startsWith('response.') && text.includes('"error"'))) return this.#seeError(text)
    if (type !== '') this.#last = text
    if (type === 'response.created') this.#announced = text
    if (!type.endsWith('.delta')) return isOpening(type, text) ? 'opening' : 'other'
    // The audio of an answer is base64, and its transcript comes beside it.
    if (!type.endsWith('audio.delta')) this.#delivered.add(text)
    return 'token'
  }

  failure(code: string, message: string): string {
    if (this.#failed !== undefined) return Buffer.from(this.#failed, 'latin1').toString('utf8')
    return printFailedResponse({ announced: this.#announced, last: this.#last, code, message })
  }

  #seeError(text: string): EventFate {
    const data = eventData(text)
    const error = isRecord(data) ? (data['error'] ?? data) : undefined
    this.errorMessage = messageOf(error)
    return 'error'
  }

  #seeTerminal(text: string, type: string): EventFate {
    this.finished = true
    const data = eventData(text)
    const response = isObject(data) && isObject(data['response']) ? data['response'] : {}
    this.usage = usageOfResponse(response) ?? this.usage
    const error = errorWithin(response)
    if (error === undefined && type !== 'response.failed') return 'done'
    this.errorMessage = messageOf(error)
    if (type === 'response.failed') this.#failed = text
    return 'error'
  }
}

const openingTypes = [
  'response.created',
  'response.queued',
  'response.in_progress',
  'response.content_part.added',
  'response.reasoning_summary_part.added',
  'keepalive',
  'ping',
]

/** The first token of a call is its name; those of a message and of reasoning are in deltas. */
function isOpening(type: string, text: string): boolean {
  if (type === 'response.output_item.added') return /"type"\s*:\s*"(?:message|reasoning)"/.test(text)
  return openingTypes.includes(type)
}

/** The `event:` field, or the `type` member where an upstream omits the field. */
function responsesEventType(text: string): string {
  const named = /^event: ?([^\r\n]+)/m.exec(text)?.[1]
  return named ?? /"type"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? ''
}

/** Whether the text holds `key` with a value other than null and an empty string. */
function hasValue(text: string, key: string): boolean {
  for (let at = text.indexOf(key); at >= 0; at = text.indexOf(key, at + 1)) {
    let i = at + key.length
    while (text.charCodeAt(i) === 32 || text.charCodeAt(i) === 58) i++
    // 'n' of null, or two quotes
    if (text.charCodeAt(i) !== 110 && !(text.charCodeAt(i) === 34 && text.charCodeAt(i + 1) === 34)) return true
  }
  return false
}

/** Whether a chunk carries content, and not only a role or Azure's preamble. */
function isToken(data: unknown): boolean {
  if (!isRecord(data) || !Array.isArray(data['choices'])) return false
  return data['choices'].some((choice) => {
    if (!isRecord(choice)) return false
    if (typeof choice['text'] === 'string') return choice['text'] !== ''
    const delta = choice['delta'] ?? choice['message']
    if (!isRecord(delta)) return false
    return Object.entries(delta).some(([name, value]) => name !== 'role' && !isEmpty(value))
  })
}

/** Hosts fill in the members that a chunk does not use. */
function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error
  if (isRecord(error) && typeof error['message'] === 'string') return error['message']
  return 'the upstream reported an error'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
