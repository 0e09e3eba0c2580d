import { expect, test } from 'vitest'
import type { Message } from '../../../../shared/chat/request.ts'
import { type AssistantTurns, MergedTurns } from './merged-turns.ts'

const says = (text: string): Message => ({ role: 'user', parts: [{ type: 'text', text }] })
const writes = (text: string): Message => ({ role: 'assistant', parts: [{ type: 'text', text }] })
const result = (id: string): Message => ({ role: 'user', parts: [{ type: 'tool-result', id, parts: [] } as never] })

function merged(turns: AssistantTurns, messages: readonly (Message | undefined)[], before: Message[] = []) {
  const collected = new MergedTurns(turns, before)
  for (const message of messages) collected.add(message)
  return collected.messages.map(({ role, parts }) => `${role[0]}${parts.length}`).join(' ')
}

test.each<[string, readonly (Message | undefined)[], string, string]>([
  ['results of one turn', [result('a'), result('b'), result('c')], 'u3', 'u3'],
  ['a text between results', [result('a'), says('x'), result('b'), result('c')], 'u1 u1 u2', 'u1 u1 u2'],
  ['a text behind results', [result('a'), result('b'), says('x')], 'u2 u1', 'u2 u1'],
  ['messages of the assistant', [writes('a'), writes('b'), says('x'), writes('c')], 'a2 u1 a1', 'a1 a1 u1 a1'],
  ['nothing', [undefined, says('x'), undefined], 'u1', 'u1'],
])('%s', (_, messages, together, apart) => {
  expect(merged('merged', messages)).toBe(together)
  expect(merged('apart', messages)).toBe(apart)
})

test('turns before are gone on from, and stay as they are', () => {
  const before = [says('x'), writes('a')]
  expect(merged('merged', [writes('b')], [...before])).toBe('u1 a2')
  expect(before[1]?.parts).toHaveLength(1)
})

test('a turn of a hundred thousand messages is one message', () => {
  const messages = Array.from({ length: 100_000 }, (_, n) => result(String(n)))
  expect(merged('merged', messages)).toBe('u100000')
})
