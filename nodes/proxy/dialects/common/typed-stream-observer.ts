// Observes streams of images, speech and transcripts: typed events, the last of which carries the usage. The API has no
// terminator, so a stream is complete when its last event was seen and the connection has ended. Servers that send chat
// chunks instead of typed events end with `[DONE]`.
import type { Usage } from '../../../../shared/chat/usage.ts'
import type { BillableUnits } from '../../../../shared/usage/billable-units.ts'
import { eventData } from '../openai/event-data.ts'
import { findUsage } from '../openai/find-usage.ts'
import { type EventFate, nothingCame, type StreamObserver } from '../openai/stream-observer.ts'

export class TypedStreamObserver implements StreamObserver {
  readonly terminator = ''
  usage: Usage | undefined
  units: BillableUnits | undefined
  errorMessage: string | undefined
  #begun = false
  /** What these answers cost is never estimated by their text. */
  readonly textBytes = 0
  #typed = false
  #ended = false
  readonly #secondsOf: (value: unknown) => BillableUnits | undefined

  constructor(secondsOf: (value: unknown) => BillableUnits | undefined) {
    this.#secondsOf = secondsOf
  }

  get isOutputTold(): boolean {
    return this.usage !== undefined
  }

  get finished(): boolean {
    return this.#ended || (this.#begun && !this.#typed)
  }

  observe(text: string): EventFate {
    if (text.startsWith('data: [DONE]') || text.startsWith('data:[DONE]')) return this.#end()
    const type = typeOf(text)
    if (text.charCodeAt(0) !== commentMark) this.#begun = true
    if (type === 'error') {
      this.errorMessage = messageIn(text)
      return 'error'
    }
    if (text.includes('"usage"')) this.#readUsage(text)
    if (type === '') return text.includes('data:') ? 'token' : 'other'
    if (/\.(delta|partial_image|segment)$/.test(type)) this.#typed = true
    if (!/\.(done|completed)$/.test(type)) return 'token'
    this.#ended = true
    return 'other'
  }

  #end(): EventFate {
    if (this.#begun) return 'done'
    this.errorMessage = nothingCame
    return 'error'
  }

  #readUsage(text: string): void {
    const bytes = Buffer.from(text, 'latin1')
    this.usage = findUsage(bytes) ?? this.usage
    this.units = findUsage(bytes, (usage) => this.#secondsOf((usage as { seconds?: unknown }).seconds)) ?? this.units
  }
}

/** The `event:` field or the `type` member; '' for an event without either. Events may hold megabytes of an image, so
 *  only their beginning and end are searched. */
function typeOf(text: string): string {
  const head = text.slice(0, headLength)
  const named = /^event: ?([^\r\n]+)/m.exec(head)?.[1]
  if (named !== undefined) return named
  const typed = /"type"\s*:\s*"([\w.]+)"/
  const found = typed.exec(head)?.[1] ?? typed.exec(text.slice(-headLength))?.[1]
  if (found !== undefined) return found
  return /^data: ?\{\s*"error"/.test(head) ? 'error' : ''
}

const commentMark = 58 // ':'
const headLength = 1_024

function messageIn(text: string): string {
  const data = eventData(text) as { error?: unknown; message?: unknown } | undefined
  const error = (data?.error ?? data) as { message?: unknown } | string | undefined
  const message = typeof error === 'string' ? error : error?.message
  return typeof message === 'string' ? message : 'the upstream reported an error'
}
