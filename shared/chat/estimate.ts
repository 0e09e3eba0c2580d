// Rough counts of tokens, for providers that do not count and until the others have. Text is measured in UTF-8 bytes: a
// language that takes more bytes for a character also takes more tokens for it, so one ratio holds for most of them.
import type { ChatAnswer } from './answer.ts'
import type { AssistantPart, UserPart } from './parts.ts'
import type { ChatRequest } from './request.ts'

/** Bytes of text in a token. English prose has more, JSON and Chinese have fewer. */
const bytesPerTokenDefault = 4
/** The first pattern that a model's name matches counts. OpenAI: measured with `o200k_base` over prose (5.1), code (4.4)
 *  and Markdown (3.9). Claude: 3.5 characters of English by Anthropic's glossary. Gemini: 4 by Google's page on tokens. */
const families: readonly (readonly [RegExp, number])[] = [
  [/claude/i, 3.5],
  [/(^|[^a-z])(gpt-|chatgpt|codex|o[1-9](-|$))/i, 4.5],
]

const mediaTokens = 1_500
/** Tokens of the markup around each message. */
const messageTokens = 4
const mediaBytes = mediaTokens * bytesPerTokenDefault

/** `model` is the name at the provider; '' for any. */
export function bytesPerToken(model: string): number {
  return families.find(([pattern]) => pattern.test(model))?.[1] ?? bytesPerTokenDefault
}

export function tokensOfBytes(bytes: number, model: string): number {
  return Math.ceil(bytes / bytesPerToken(model))
}

/** `model` is the one that reads it, by its name at the provider. */
export function estimateTokens({ messages, tools }: ChatRequest, model = ''): number {
  let markup = 0
  let bytes = 0
  for (const { parts } of messages) {
    markup += messageTokens
    for (const part of parts) bytes += bytesOf(part)
  }
  if (tools.length > 0) bytes += Buffer.byteLength(JSON.stringify(tools))
  return Math.max(1, Math.ceil(markup + bytes / bytesPerToken(model)))
}

/** Bytes of everything that a model wrote. */
export function answerBytes({ choices }: Pick<ChatAnswer, 'choices'>): number {
  let bytes = 0
  for (const { parts } of choices) for (const part of parts) bytes += bytesOf(part)
  return bytes
}

function bytesOf(part: UserPart | AssistantPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return Buffer.byteLength(part.text)
    case 'tool-call':
      return Buffer.byteLength(part.name) + Buffer.byteLength(part.input)
    case 'tool-result':
      return part.parts.reduce((sum, inner) => sum + bytesOf(inner), 0)
    case 'opaque':
      return Buffer.byteLength(JSON.stringify(part.value))
    default:
      return part.media.from === 'text' ? Buffer.byteLength(part.media.text) : mediaBytes
  }
}
