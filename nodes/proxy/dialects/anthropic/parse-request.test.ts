// Requests of Anthropic callers parsed.
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { anthropicInbound } from './anthropic.ts'
import { hi, printedFrom, text } from './test-printed.ts'

describe("what Anthropic's callers say", () => {
  const read = (more: JsonObject) => anthropicInbound.parseRequest({ max_tokens: 9, messages: [hi], ...more })

  test.each<[JsonObject, string]>([
    [{ max_tokens: undefined }, 'max_tokens'],
    [{ max_tokens: 'many' }, 'max_tokens'],
    [{ messages: 7 }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [
      { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'b' }] }] },
      'messages[0].content[0].input',
    ],
    [
      { messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'x' } }] }] },
      'messages[0].content[0].source.type',
    ],
    [{ thinking: { type: 'enabled' } }, 'thinking.budget_tokens'],
    [{ tools: [{ name: 'a' }] }, 'tools[0].input_schema'],
    [{ tool_choice: { type: 'any-one' } }, 'tool_choice.type'],
  ])('is told where it is wrong: %j', (more, path) => {
    expect(read(more)).toMatchObject({ ok: false, error: { path } })
  })

  test('loses nothing on its way back to Anthropic (wire 34, 35, 39, 40, 42, 85)', () => {
    const cache_control = { type: 'ephemeral' }
    const hour = { type: 'ephemeral', ttl: '1h' }
    const body = {
      model: 'claude',
      max_tokens: 9_000,
      system: [{ ...text('Be brief.'), cache_control: hour }],
      messages: [
        {
          role: 'user',
          content: [
            { ...text('hi'), cache_control },
            { type: 'image', source: { type: 'url', url: 'https://x/y.png' } },
            {
              type: 'document',
              source: { type: 'text', media_type: 'text/plain', data: 'd' },
              title: 't',
              context: 'c',
              citations: { enabled: true },
            },
            { type: 'container_upload', file_id: 'f' },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'Hm.', signature: 'EvQB' },
            { type: 'redacted_thinking', data: 'AAAA' },
            { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'q' } },
            text('So.'),
            { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Paris' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't1', content: [text('no')], is_error: true, cache_control }],
        },
      ],
      tools: [
        { name: 'weather', description: 'w', input_schema: { type: 'object' }, cache_control: hour },
        { type: 'web_search_20250305', name: 'web_search' },
      ],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      stop_sequences: ['x'],
      metadata: { user_id: 'u' },
      service_tier: 'standard_only',
      stream: true,
      context_management: { edits: [] },
    }
    expect(JSON.parse(printedFrom(anthropicInbound, body).body)).toEqual(body)
  })
})
