// A rough estimate of input tokens, for providers that do not count and until the others have. In most languages a
// token is about four bytes of text; every other part counts as much as an average image.
import type { AssistantPart, UserPart } from './parts.ts'
import type { ChatRequest } from './request.ts'

const bytesPerToken = 4
const mediaTokens = 1_500
/** Tokens of the markup around each message. */
const messageTokens = 4

export function estimateTokens({ messages, tools }: ChatRequest): number {
  let tokens = 0
  for (const { parts } of messages) {
    tokens += messageTokens
    for (const part of parts) tokens += tokensOf(part)
  }
  if (tools.length > 0) tokens += textTokens(JSON.stringify(tools))
  return Math.max(1, Math.ceil(tokens))
}

function tokensOf(part: UserPart | AssistantPart): number {
  switch (part.type) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return textTokens(part.text)
    case 'tool-call':
      return textTokens(part.name) + textTokens(part.input)
    case 'tool-result':
      return part.parts.reduce((sum, inner) => sum + tokensOf(inner), 0)
    case 'opaque':
      return textTokens(JSON.stringify(part.value))
    default:
      return part.media.from === 'text' ? textTokens(part.media.text) : mediaTokens
  }
}

function textTokens(text: string): number {
  return Buffer.byteLength(text) / bytesPerToken
}
