// Calls and results stand as every provider wants them (the words of the errors are in the checkers of `dialects/strict`).
import { expect, test } from 'vitest'
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { Message } from '../../../shared/chat/request.ts'
import { requestOf } from '../dialects/test-dialects.ts'
import { withPairedCalls } from './paired-calls.ts'

/** `U`: a text of the user, `A` of the assistant, `S` of the system; `Cx`: the call x, `Rx`: its result; `+` joins parts. */
function conversation(turns: string): Message[] {
  return turns.split(' ').map((turn) => {
    const parts = turn.split('+').map((part) => {
      if (part.startsWith('C'))
        return { type: 'tool-call' as const, id: part.slice(1), name: 'f', input: '{}', form: 'function' as const }
      if (part.startsWith('R')) return { type: 'tool-result' as const, callId: part.slice(1), parts: [] }
      return { type: 'text' as const, text: part }
    })
    const role = /^[AC]/.test(turn) ? 'assistant' : turn.startsWith('S') ? 'system' : 'user'
    return { role, parts } as Message
  })
}

function told(messages: readonly Message[]): string {
  const word = (part: Message['parts'][number]) =>
    part.type === 'tool-call'
      ? `C${part.id}`
      : part.type === 'tool-result'
        ? `R${part.callId}`
        : 'text' in part && part.text
  return messages.map(({ parts }) => parts.map(word).join('+')).join(' ')
}

test.each([
  ['U A U', 'U A U'],
  ['U C1 R1 A', 'U C1 R1 A'],
  ['U C1+C2 R2+R1+U', 'U C1+C2 R1+R2+U'],
  ['U C1 U R1', 'U C1 R1+U'],
  ['U C1 S R1 A', 'U C1 R1 S A'],
  ['U C1 A R1 U', 'U C1+A R1 U'],
  ['U C1 C2 R1 R2 U', 'U C1+C2 R1+R2 U'],
  ['U C1 R1 C1 R1', 'U C1 R1 C1 R1'],
  ['U C1+C1 R1+R1', 'U C1+C1 R1+R1'],
])('of %s is made %s', (said, wanted) => {
  const paired = withPairedCalls(requestOf({ messages: conversation(said) }))
  expect(paired.ok && told(paired.value.messages)).toBe(wanted)
})

test.each<[string, Dialect, string, string]>([
  ['U C1', 'openai-chat', 'messages', 'has the tool call "1" without a result'],
  ['U C1+C2 R1 U', 'anthropic', 'messages', 'has the tool call "2" without a result'],
  ['U R1', 'openai-responses', 'input', 'has the tool result "1" without a call that waits for it'],
  ['U R1 C1', 'gemini', 'contents', 'has the tool result "1" without a call that waits for it'],
  ['U C1 R1+R1', 'openai-chat', 'messages', 'has the tool result "1" without a call that waits for it'],
])('%s is refused, as the providers would', (said, dialect, path, message) => {
  const paired = withPairedCalls(requestOf({ messages: conversation(said), dialect }))
  expect(paired).toEqual({ ok: false, error: { path, message } })
})
