// Observes a Gemini stream that passes through as bytes. It has no terminator: the chunk with the finish reason is the
// last one, or is followed only by usage, and is held back with it.
import type { Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'
import { eventData } from '../openai/event-data.ts'
import type { EventFate, StreamObserver } from '../openai/stream-observer.ts'
import { readGeminiUsage } from './usage.ts'

export class GeminiStreamObserver implements StreamObserver {
  readonly terminator = ''
  usage: Usage | undefined
  finished = false
  errorMessage: string | undefined

  observe(text: string): EventFate {
    const data = eventData(text)
    if (!isObject(data)) return 'other'
    if (isObject(data['error'])) {
      const { message } = data['error']
      this.errorMessage = typeof message === 'string' ? message : undefined
      return 'error'
    }
    this.usage = readGeminiUsage(data['usageMetadata']) ?? this.usage
    const { candidates, promptFeedback } = data
    const list = Array.isArray(candidates) ? candidates.filter(isObject) : []
    const blocked = isObject(promptFeedback) && promptFeedback['blockReason'] !== undefined
    if (blocked || list.some(({ finishReason }) => typeof finishReason === 'string')) this.finished = true
    // With one candidate the stream is complete; with several, others may go on.
    if (this.finished && list.length <= 1 && this.usage !== undefined) return 'done'
    return list.some(({ content }) => isObject(content) && Array.isArray(content['parts'])) ? 'token' : 'other'
  }
}
