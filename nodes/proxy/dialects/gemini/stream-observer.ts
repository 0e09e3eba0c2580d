// Observes a Gemini stream that passes through as bytes. It has no terminator: the chunk with the finish reason is nearly always the
// last one, but a round of Google's own tools has a finish reason, too (0xPlaygrounds/rig#2328).
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { laterUsage, type Usage } from '../../../../shared/chat/usage.ts'
import type { ChargedCalls } from '../../../../shared/usage/charged-calls.ts'
import { answerTextBytes } from '../common/answer-text.ts'
import { isObject } from '../common/body-reader.ts'
import { eventData } from '../openai/event-data.ts'
import type { EventFate, StreamObserver } from '../openai/stream-observer.ts'
import { readGeminiUsage, searchesIn, tellsOutput } from './usage.ts'

export class GeminiStreamObserver implements StreamObserver {
  readonly terminator = ''
  usage: Usage | undefined
  finished = false
  errorMessage: string | undefined
  isOutputTold = false
  textBytes = 0
  #searches: ChargedCalls | undefined

  observe(text: string): EventFate {
    const data = eventData(text)
    if (!isObject(data)) return 'other'
    if (isObject(data['error'])) {
      const { message } = data['error']
      this.errorMessage = typeof message === 'string' ? message : undefined
      return 'error'
    }
    const { usageMetadata } = data
    this.#searches = searchesIn(data) ?? this.#searches
    const usage = readGeminiUsage(usageMetadata)
    if (usage !== undefined) this.usage = laterUsage(this.usage, usage)
    if (this.usage !== undefined) this.usage.calls = this.#searches
    if (tellsOutput(usageMetadata)) this.isOutputTold = true
    const { candidates, promptFeedback } = data
    const list = Array.isArray(candidates) ? candidates.filter(isObject) : []
    const blocked = isObject(promptFeedback) && isReason(promptFeedback['blockReason'])
    if (blocked || list.some(({ finishReason }) => isReason(finishReason))) this.finished = true
    if (this.finished && this.usage !== undefined) this.isOutputTold = true
    if (!this.isOutputTold) for (const candidate of list) this.textBytes += answerTextBytes(candidate)
    const ends = blocked || (list.length > 0 && list.every(({ finishReason }) => isReason(finishReason)))
    if (ends && this.usage !== undefined) return 'last'
    if (list.some(saysSomething)) return 'token'
    return this.finished ? 'other' : 'opening'
  }
}

/** The value that an enumeration of Google has where nothing is set ends in `_UNSPECIFIED`. */
function isReason(reason: unknown): boolean {
  return typeof reason === 'string' && reason !== '' && !reason.endsWith('_UNSPECIFIED')
}

function saysSomething({ content }: JsonObject): boolean {
  const parts = isObject(content) ? content['parts'] : undefined
  return Array.isArray(parts) && parts.some((part) => isObject(part) && part['text'] !== '')
}
