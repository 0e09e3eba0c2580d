// How callers are told what went wrong, each in the shape that its SDK reads.
import { printAnthropicError } from './anthropic/error.ts'
import { printGeminiError } from './gemini/error.ts'

export type ErrorShape = 'openai' | 'anthropic' | 'gemini'

/** In OpenAI's words; other shapes make theirs of the status. */
export interface ErrorFacts {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly message: string
  readonly param: string | undefined
}

export function printError(shape: ErrorShape, facts: ErrorFacts, requestId: string): string {
  if (shape === 'anthropic') return printAnthropicError(facts.status, facts.message, requestId)
  if (shape === 'gemini') return printGeminiError(facts.status, facts.message)
  const { message, type, param, code } = facts
  return JSON.stringify({ error: { message, type, param: param ?? null, code } })
}

/** In a stream that has begun. */
export function printErrorEvent(shape: ErrorShape, facts: ErrorFacts, requestId: string): string {
  const name = shape === 'anthropic' ? 'event: error\n' : ''
  return `${name}data: ${printError(shape, facts, requestId)}\n\n`
}
