import { describe, expect, test } from 'vitest'
import { missingOf } from './capabilities.ts'
import { withoutDispensable } from './hosted-tools.ts'
import { needsOf } from './needs.ts'
import type { Dialect } from './parts.ts'
import type { ChatRequest } from './request.ts'
import type { HostedTool, Tool, ToolChoice } from './tools.ts'

const own: Tool = { type: 'function', name: 'shell_command' }
const hosted = (dialect: Dialect, name: string): HostedTool => ({
  type: 'hosted',
  dialect,
  name,
  value: { type: name },
})

function requestOf(tools: Tool[], more: Partial<ChatRequest> = {}): ChatRequest {
  const messages = [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }] as const
  return {
    model: 'm',
    messages,
    tools,
    stream: false,
    parameters: {},
    dialect: 'openai-responses',
    extras: {},
    ...more,
  }
}

const elsewhere = { name: 'bedrock', can: new Set(['tools', 'forced tool choice']) } as const

function outcome(request: ChatRequest): 'left out' | 'refused' {
  const lacking = missingOf(needsOf(request), elsewhere as never, {})
  if (lacking !== undefined) return 'refused'
  const { request: reduced, left } = withoutDispensable(request, () => false)
  expect(reduced.tools.every(({ type }) => type !== 'hosted')).toBe(true)
  expect(left.length).toBeGreaterThan(0)
  return 'left out'
}

describe('a hosted tool that the target does not have', () => {
  test.each([
    ['openai-responses', 'web_search', 'left out'],
    ['openai-responses', 'web_search_preview', 'left out'],
    ['openai-responses', 'web_search_2025_08_26', 'left out'],
    ['openai-responses', 'image_generation', 'left out'],
    ['openai-responses', 'tool_search', 'left out'],
    ['openai-responses', 'local_shell', 'left out'],
    ['openai-responses', 'file_search', 'refused'],
    ['openai-responses', 'code_interpreter', 'refused'],
    ['openai-responses', 'computer_use_preview', 'refused'],
    ['openai-responses', 'mcp', 'refused'],
    ['anthropic', 'web_search_20250305', 'left out'],
    ['anthropic', 'tool_search_tool_bm25_20251119', 'left out'],
    ['anthropic', 'code_execution_20250825', 'refused'],
    ['anthropic', 'computer_20250124', 'refused'],
    ['gemini', 'googleSearch', 'left out'],
    ['gemini', 'url_context', 'left out'],
    ['gemini', 'codeExecution', 'refused'],
    ['openai-chat', 'web_search', 'refused'],
  ] as const)('%s %s beside functions is %s', (dialect, name, expected) => {
    expect(outcome(requestOf([own, hosted(dialect, name)]))).toBe(expected)
    expect(outcome(requestOf([hosted(dialect, name)]))).toBe('refused')
  })

  test.each<[string, ToolChoice, 'left out' | 'refused']>([
    ['has to be called', { type: 'tool', name: 'web_search' }, 'refused'],
    ['is all that may be called', { type: 'allowed', names: ['web_search'], required: false }, 'refused'],
    ['may be called', { type: 'allowed', names: ['web_search', 'shell_command'], required: true }, 'left out'],
    ['is not asked for', { type: 'tool', name: 'shell_command' }, 'left out'],
  ])('that %s is judged by that', (_what, toolChoice, expected) => {
    const request = requestOf([own, hosted('openai-responses', 'web_search')], { toolChoice })
    expect(outcome(request)).toBe(expected)
    const { toolChoice: choice } = withoutDispensable(request, () => false).request
    if (expected === 'left out' && choice?.type === 'allowed') expect(choice.names).toEqual(['shell_command'])
  })

  test('a target that has it is given it', () => {
    const request = requestOf([own, hosted('openai-responses', 'web_search')])
    expect(withoutDispensable(request, () => true)).toEqual({ request, left: [] })
  })
})

test('a search that was made elsewhere is left out of the conversation, a call of another kind is refused', () => {
  const item = (type: string) => ({ type: 'opaque', dialect: 'openai-responses', value: { type } }) as const
  const said = { type: 'text', text: 'It says so.' } as const
  const conversation = (type: string): ChatRequest => {
    const messages = [{ role: 'assistant', parts: [item(type), said] }] as const
    return requestOf([own], { messages })
  }
  const { request } = withoutDispensable(conversation('web_search_call'), () => false)
  expect(request.messages).toEqual([{ role: 'assistant', parts: [said] }])
  expect(missingOf(needsOf(conversation('web_search_call')), elsewhere as never, {})).toBeUndefined()
  expect(missingOf(needsOf(conversation('mcp_call')), elsewhere as never, {})).toMatchObject({ what: 'mcp_call' })
})
