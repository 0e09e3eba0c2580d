import { expect, test } from 'vitest'
import { DeliveredText } from './delivered-text.ts'

const counted = (members: readonly (readonly string[])[], events: readonly object[], print = JSON.stringify) => {
  const delivered = new DeliveredText(members)
  for (const event of events) delivered.add(Buffer.from(`data: ${print(event)}\n\n`).latin1Slice())
  return delivered.bytes
}
const chat = [['reasoning', 'content'], ['arguments']]
const content = (text: string) => ({ id: 'c1', choices: [{ index: 0, delta: { content: text }, logprobs: null }] })

test.each([
  ['a word', 'word', 4],
  ['characters of several bytes', '今天', 6],
  ['escapes', 'a\nb"c\\', 6],
  ['a long text', 'ten bytes '.repeat(50), 500],
  ['a long text that ends in a quote', `${'ten bytes '.repeat(5)}"`, 52],
  ['nothing', '', 0],
])('of %s the bytes count', (_, text, bytes) => {
  expect(counted(chat, [content(text)])).toBe(bytes)
  // Where the member stands is known from the second event on.
  expect(counted(chat, [content('x'), content(text)])).toBe(1 + bytes)
})

test('text that is printed with escapes beyond ASCII counts what it is', () => {
  const print = (event: object) => JSON.stringify(event).replaceAll('今天', '\\u4eca\\u5929')
  expect(counted(chat, [content('今天')], print as typeof JSON.stringify)).toBe(6)
})

test('the member may move, change, and have spaces before its value', () => {
  const moved = { more: 'x'.repeat(9), ...content('four') }
  const reasoning = { choices: [{ delta: { content: null, reasoning: 'sixsix' } }] }
  expect(counted(chat, [content('four'), moved, reasoning, content('four')])).toBe(18)
  const spaced = (event: object) => JSON.stringify(event).replaceAll('":', '" : ')
  expect(counted(chat, [content('four'), content('four')], spaced as typeof JSON.stringify)).toBe(8)
})

test('what is said under two names counts once, and tool input counts beside the text', () => {
  expect(counted(chat, [{ choices: [{ delta: { content: 'twice', reasoning: 'twice' } }] }])).toBe(5)
  const call = (text: string) => ({ function: { name: 'f', arguments: text } })
  expect(counted(chat, [{ choices: [{ delta: { content: 'abc', tool_calls: [call('{}'), call('{"a":1}')] } }] }])).toBe(
    12,
  )
})

test('names within text are no members', () => {
  expect(counted(chat, [{ delta: { other: '"content":"abc"', role: 'content' } }])).toBe(0)
})
