// Whether Claude has a form of its own for a request's JSON Schema.
import type { ChatRequest, Message } from '../../../../shared/chat/request.ts'
import type { TargetTraits } from '../dialect.ts'

/** Claude has structured output and strict tools since 4.5, on every cloud. */
export function hasStructuredOutput({ model, facts }: Pick<TargetTraits, 'model' | 'facts'>): boolean {
  return facts.jsonSchema ?? /claude-([a-z]+-4-[5-9]|[a-z]+-[5-9])(?!\d)/.test(model)
}

/** The API refuses a format beside citations, and beside an answer that the caller has begun. */
export function takesFormat({ responseFormat, messages }: ChatRequest): boolean {
  if (responseFormat?.type !== 'json-schema') return false
  return messages.at(-1)?.role !== 'assistant' && !messages.some(isCitable)
}

function isCitable({ parts }: Message): boolean {
  return parts.some((part) => 'citable' in part && part.citable === true)
}
