import type { ChatAnswer } from '../../../../shared/chat/answer.ts'
import { assemble } from '../../../../shared/chat/assemble.ts'
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import type { ChatEvent } from '../../../../shared/chat/events.ts'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import type { TargetTraits } from '../dialect.ts'
import { printedNothing, requestOf } from '../test-dialects.ts'
import { geminiUpstream } from './gemini.ts'

// biome-ignore lint/suspicious/noExplicitAny: tests read into bodies whose shape they assert
export type Told = any

export function target(model: string, facts: ModelFacts = {}): TargetTraits {
  return { model, facts, quirks: {} }
}

export function printed(request: Partial<ChatRequest>, model = 'gemini-2.5-flash') {
  const result = geminiUpstream.printRequest(requestOf({ messages: [hello], ...request }), target(model))
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return { ...result.value, body: JSON.parse(result.value.body) as Told }
}

export const hello: Message = { role: 'user', parts: [{ type: 'text', text: 'Hi' }] }

export function answerOf(body: JsonObject): ChatAnswer {
  return geminiUpstream.parseAnswer(body, printedNothing)!
}

export function candidate(parts: object[], more: object = {}) {
  return { candidates: [{ content: { role: 'model', parts }, index: 0, finishReason: 'STOP', ...more }] }
}

export function eventsOf(text: string): ChatEvent[] {
  const parser = geminiUpstream.openParser(printedNothing)
  const events: ChatEvent[] = []
  parser.push(Buffer.from(text), (event) => void events.push(event))
  parser.end((event) => void events.push(event))
  return events
}

export function streamed(...chunks: object[]): ChatAnswer {
  const answer = assemble(eventsOf(chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\r\n\r\n`).join('')))
  if (!answer.ok) throw new Error(JSON.stringify(answer.error))
  return answer.value
}
