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
  const last = messages.findLast(({ role, parts }) => role !== 'system' && parts.some(isSent))
  return last?.role !== 'assistant' && !messages.some(isCitable)
}

/** Whether the part has a block in the printed conversation. */
function isSent(part: Message['parts'][number]): boolean {
  if (part.type === 'reasoning') return [part.signature, part.encrypted].some((seal) => seal?.family === 'anthropic')
  if (part.type === 'file' && part.media.from === 'text') return part.media.text.trim() !== ''
  return part.type !== 'text' && part.type !== 'refusal' ? true : part.text.trim() !== ''
}

function isCitable({ parts }: Message): boolean {
  return parts.some((part) => 'citable' in part && part.citable === true)
}
