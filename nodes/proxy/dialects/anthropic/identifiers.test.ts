// Identifiers that Anthropic takes. Names of tools: `^[a-zA-Z0-9_-]{1,128}$`, ids of calls: `^[a-zA-Z0-9_-]+$` (Messages API
// reference: `tools[].name`, `tool_use.id`). `metadata.user_id`: no name, address or telephone number (`Metadata` in
// @anthropic-ai/sdk); at most 256 characters, as users report.
import { expect, test } from 'vitest'
import { callingOnce, printedNothing, sentTo, valuesOf } from '../test-dialects.ts'
import { anthropicUpstream } from './anthropic.ts'

const long = `mcp__${'y'.repeat(150)}`

test.each([['srv.list:items'], [long], ['größe'], ['fits-already_1']])(
  'the tool %s has a name that fits in its declaration, the choice and the calls, and is read back',
  (name) => {
    const { body, printed } = sentTo(anthropicUpstream, {
      messages: callingOnce(['c1'], name),
      tools: [{ type: 'function', name }],
      toolChoice: { type: 'tool', name },
    })
    const written: string = body.tools[0].name
    expect(written).toMatch(/^[a-zA-Z0-9_-]{1,128}$/)
    expect([body.tool_choice.name, valuesOf(body.messages, 'name')]).toEqual([written, [written]])
    const content = [{ type: 'tool_use', id: 't', name: written, input: {} }]
    expect(anthropicUpstream.parseAnswer({ content }, printed)?.choices[0]?.parts).toMatchObject([{ name }])
    const names: string[] = []
    const start = { type: 'content_block_start', index: 0, content_block: content[0] }
    const parser = anthropicUpstream.openParser({ ...printedNothing, toolNames: printed.toolNames })
    parser.push(Buffer.from(`data: ${JSON.stringify(start)}\n\n`), (event) => {
      if (event.type === 'tool-input-start') names.push(event.name)
    })
    expect(names).toEqual([name])
  },
)

test('allowed tools are found under the names that fit', () => {
  const tools = ['a.b', 'a:b', 'c'].map((name) => ({ type: 'function' as const, name }))
  const { body } = sentTo(anthropicUpstream, {
    messages: callingOnce([]),
    tools,
    toolChoice: { type: 'allowed', names: ['a:b', 'c'], required: false },
  })
  expect(body.tools.map(({ name }: { name: string }) => name)).toEqual(['a_b_2', 'c'])
})

test('ids of calls of other makers fit, and their results keep them', () => {
  const { body } = sentTo(anthropicUpstream, { messages: callingOnce(['functions.w:0', 'functions.w:1', '']) })
  const ids = body.messages.flatMap(({ content }: { content: object[] }) => valuesOf(content, 'id'))
  for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9_-]+$/)
  expect([new Set(ids).size, valuesOf(body, 'tool_use_id')]).toEqual([3, ids])
})

test.each([
  ['u-1', /^u-1$/, []],
  ['u'.repeat(256), /^u{256}$/, []],
  ['u'.repeat(257), /^[0-9a-f]{64}$/, ['user']],
  ['somebody@example.com', /^[0-9a-f]{64}$/, ['user']],
  ['+49 (170) 123-456', /^[0-9a-f]{64}$/, ['user']],
])('the user %s is sent as %s', (user, sent, named) => {
  const { body, dropped } = sentTo(anthropicUpstream, { messages: callingOnce([]), parameters: { user } })
  expect(body.metadata.user_id).toMatch(sent)
  expect(dropped).toEqual(named)
})

test('a safety identifier stands for a user that is absent, by the same rules', () => {
  const sent = (parameters: object) => sentTo(anthropicUpstream, { messages: callingOnce([]), parameters })
  expect(sent({ safetyIdentifier: 'a@b.example' }).body.metadata.user_id).toMatch(/^[0-9a-f]{64}$/)
  expect(sent({ safetyIdentifier: 'a@b.example' }).dropped).toEqual(['safetyIdentifier'])
  expect(sent({ user: 'u', safetyIdentifier: 's' }).body.metadata.user_id).toBe('u')
})
