// The error code that callers are told of an upstream's error.
import type { ChatError, ChatErrorKind } from '../../../shared/chat/error.ts'

/** OpenAI's code where clients act on it (to shorten a conversation, to ask differently), else the upstream's own. */
export function toldCode({ kind, code }: ChatError): string | undefined {
  return codes[kind] ?? code
}

const codes: Readonly<Partial<Record<ChatErrorKind, string>>> = {
  'context-length': 'context_length_exceeded',
  'content-policy': 'content_policy_violation',
}
