// Where system messages stand that a caller has put between the turns. Anthropic (platform.claude.com/docs/en/build-with-claude/
// mid-conversation-system-messages): behind a turn of the user, before one of the assistant or at the end; Claude from Opus 4.8 on, at
// Anthropic alone. Bedrock, Gemini: in a member of their own. OpenAI: anywhere.
import { expect, test } from 'vitest'
import type { Message } from '../../../shared/chat/request.ts'
import { takesSystemTurns } from '../../../shared/models/system-turns.ts'
import { anthropicUpstream } from './anthropic/anthropic.ts'
import { bedrockUpstream } from './bedrock/bedrock.ts'
import type { Quirks, UpstreamDialect } from './dialect.ts'
import { geminiUpstream } from './gemini/gemini.ts'
import { openAiChatUpstream } from './openai-chat/openai-chat.ts'
import { requestOf } from './test-dialects.ts'
import { vertexClaudeUpstream } from './vertex/vertex.ts'

const said = (role: 'system' | 'user' | 'assistant', text: string): Message => ({
  role,
  parts: [{ type: 'text', text }],
})

/** Letters stand for turns: S, U and A, each with a number behind it. */
const conversation = (letters: string) =>
  letters.split(' ').map((turn) => said(turn[0] === 'S' ? 'system' : turn[0] === 'U' ? 'user' : 'assistant', turn))

function sent(upstream: UpstreamDialect, letters: string, quirks: Quirks, model: string) {
  const printed = upstream.printRequest(requestOf({ messages: conversation(letters) }), { model, facts: {}, quirks })
  if (!printed.ok) throw new Error(printed.error.what)
  const body = JSON.parse(printed.value.body)
  const textsIn = (value: unknown): string => (JSON.stringify(value ?? '').match(/[SUA]\d/g) ?? []).join('+')
  const turns = (body.messages ?? body.contents).map(
    (turn: { role: string; content?: unknown; parts?: unknown }) =>
      `${turn.role} ${textsIn(turn.content ?? turn.parts)}`,
  )
  return { system: textsIn(body.system ?? body.systemInstruction), turns: turns.join(', ') }
}

test.each([
  ['S1 U1 A1 U2 S2', 'S1', 'user U1, assistant A1, user U2, system S2'],
  ['S1 U1 S2 A1 U2', 'S1', 'user U1, system S2, assistant A1, user U2'],
  ['U1 A1 S1 U2', '', 'user U1, assistant A1, user U2, system S1'],
  ['U1 S1 U2 A1', '', 'user U1+U2, system S1, assistant A1, user '],
  ['U1 S1 S2 A1 U2 S3', '', 'user U1, system S1+S2, assistant A1, user U2, system S3'],
  ['S1 S2 U1', 'S1+S2', 'user U1'],
  ['U1 A1 S1', 'S1', 'user U1, assistant A1, user '],
])('Claude that takes them is sent %s as system %j and turns %s', (letters, system, turns) => {
  expect(sent(anthropicUpstream, letters, { systemTurns: true }, 'claude-opus-4-8')).toEqual({ system, turns })
})

test.each<[string, UpstreamDialect, Quirks, string]>([
  ['an older Claude', anthropicUpstream, { systemTurns: true }, 'claude-sonnet-4-5'],
  ['Claude at another host', anthropicUpstream, {}, 'claude-opus-4-8'],
  ['Claude on Vertex AI', vertexClaudeUpstream, {}, 'claude-opus-4-8'],
  ['Claude on Bedrock', bedrockUpstream, {}, 'anthropic.claude-opus-4-8'],
])('%s has them in `system`', (_, upstream, quirks, model) => {
  const wanted = { system: 'S1+S2', turns: 'user U1, assistant A1, user U2' }
  expect(sent(upstream, 'S1 U1 A1 S2 U2', quirks, model)).toEqual(wanted)
})

test('Gemini has them in its instruction', () => {
  expect(sent(geminiUpstream, 'S1 U1 A1 S2 U2', {}, 'gemini-2.5-flash').system).toBe('S1+S2')
})

test('a server of OpenAI keeps their places, or has them first in one message', () => {
  const letters = 'S1 U1 A1 S2 U2'
  expect(sent(openAiChatUpstream, letters, {}, 'gpt-x').turns).toBe(
    'system S1, user U1, assistant A1, system S2, user U2',
  )
  for (const systemFirst of ['always', 'translated'] as const)
    expect(sent(openAiChatUpstream, letters, { systemFirst }, 'qwen3').turns).toBe(
      'system S1+S2, user U1, assistant A1, user U2',
    )
})

test.each([
  ['claude-opus-4-8', true],
  ['claude-opus-5', true],
  ['claude-opus-5-5', true],
  ['claude-sonnet-5', true],
  ['claude-haiku-5-5-20261001', true],
  ['claude-fable-5', true],
  ['claude-mythos-5', true],
  ['claude-opus-4-7', false],
  ['claude-opus-4-20250514', false],
  ['claude-sonnet-4-6', false],
  ['claude-sonnet-4-5-20250929', false],
  ['claude-3-5-haiku-20241022', false],
  ['kimi-k2', false],
])('%s takes them between the turns: %s', (model, takes) => {
  expect(takesSystemTurns(model)).toBe(takes)
})
