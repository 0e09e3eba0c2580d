// Ends a stream of generateContent early: one more chunk, in which each candidate that has not ended has `finishReason: MAX_TOKENS`.
// Source: @google/genai, FinishReason and GenerateContentResponse.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { isObject } from '../common/body-reader.ts'
import { printGeminiUsage } from '../gemini/usage.ts'
import { eventData } from '../openai/event-data.ts'
import type { StreamTail } from './stream-tail.ts'

export class GeminiStreamTail implements StreamTail {
  #facts: JsonObject | undefined
  /** Whether each candidate has ended, by its index. */
  readonly #candidates = new Map<number, boolean>()

  /** A chunk has a hundred tokens or so: few are parsed. */
  see(text: string): void {
    const data = eventData(text)
    if (!isObject(data) || !Array.isArray(data['candidates'])) return
    const { modelVersion, responseId } = data
    this.#facts ??= { modelVersion, responseId }
    for (const candidate of data['candidates']) if (isObject(candidate)) this.#seeCandidate(candidate)
  }

  #seeCandidate({ index = 0, finishReason }: JsonObject): void {
    if (typeof index !== 'number') return
    const isOver = typeof finishReason === 'string' && finishReason !== '' && !finishReason.endsWith('_UNSPECIFIED')
    this.#candidates.set(index, isOver || this.#candidates.get(index) === true)
  }

  end(usage: Usage): string | undefined {
    if (this.#facts === undefined) return undefined
    const open = [...this.#candidates].filter(([, isOver]) => !isOver)
    const candidates = open.map(([index]) => ({
      content: { role: 'model', parts: [] },
      finishReason: 'MAX_TOKENS',
      index,
    }))
    return `data: ${JSON.stringify({ candidates, usageMetadata: printGeminiUsage(usage), ...this.#facts })}\r\n\r\n`
  }
}
