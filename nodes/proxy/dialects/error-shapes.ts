// Errors in the shape that the caller's SDK expects.
import type { ChatError } from '../../../shared/chat/error.ts'
import { parseAnthropicError, printAnthropicError } from './anthropic/error.ts'
import { parseGeminiError, printGeminiError } from './gemini/error.ts'
import { parseOpenAiError } from './openai/error.ts'

export type ErrorShape = 'openai' | 'anthropic' | 'gemini'

/** OpenAI's terms for an error; the other shapes derive theirs from the status. */
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

/** Prints an error as an event of a stream that has begun. */
export function printErrorEvent(shape: ErrorShape, facts: ErrorFacts, requestId: string): string {
  const name = shape === 'anthropic' ? 'event: error\n' : ''
  return `${name}data: ${printError(shape, facts, requestId)}\n\n`
}

/** Reads the error of an upstream that has a caller's shape, or no shape at all. */
export function parseErrorOf(shape: ErrorShape, status: number, body: Buffer): ChatError {
  switch (shape) {
    case 'anthropic':
      return parseAnthropicError(status, body)
    case 'gemini':
      return parseGeminiError(status, body)
    case 'openai':
      return parseOpenAiError(status, body)
  }
}
