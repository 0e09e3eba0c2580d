// What passes through after the caller went on with another maker's model: its own seals stay, those of others are taken out.
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-connect.ts'
import { passThroughRequest } from './pass-through-request.ts'
import { askSample } from './test-translators.ts'

function sent(path: string, text: string, target: Target): string {
  const { request, asked } = askSample({ path, body: text })
  const { body } = asked.facts
  if (body.type !== 'json') throw new Error('the body is a form')
  return Buffer.concat(passThroughRequest({ request, asked, body, target, files: [] }).body).toString()
}

const host = (hostname: string, model = 'm') =>
  testTarget({ kind: 'openai', baseUrl: `https://${hostname}/v1` }, { model })
const claude = testTarget({ kind: 'anthropic' }, { model: 'claude' })
const gemini = testTarget({ kind: 'gemini' }, { model: 'gemini-3-pro' })

const text = { type: 'text', text: 'a' }
const thinking = (signature: string) => ({ type: 'thinking', thinking: 'Hm.', signature })
const reasoning = (encrypted_content: string | undefined, id = 'rs_1') => ({
  type: 'reasoning',
  id,
  summary: [],
  encrypted_content,
})
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const google = { google: { thought_signature: 'SIG' } }

type Case = readonly [what: string, path: string, target: Target, member: string, before: unknown[], after: unknown[]]

const messages: Case[] = [
  ['Google’s seal of a call', '/v1/messages', claude, 'messages', [thinking('headgate:google:c.id:SIG'), text], [text]],
  ['a thought without a signature', '/v1/messages', claude, 'messages', [thinking(''), text], [text]],
  [
    'OpenAI’s encrypted reasoning',
    '/v1/messages',
    claude,
    'messages',
    [{ type: 'redacted_thinking', data: 'headgate:openai:e.rs_1:ENC' }, text],
    [text],
  ],
  [
    'Claude’s own, beside another’s',
    '/v1/messages',
    claude,
    'messages',
    [thinking('OWN'), thinking('')],
    [thinking('OWN')],
  ],
].map(([what, path, target, member, before, after]) => [
  what,
  path,
  target,
  member,
  [{ role: 'assistant', content: before }],
  [{ role: 'assistant', content: after }],
]) as unknown as Case[]

const others: Case[] = [
  [
    'a message of nothing else',
    '/v1/messages',
    claude,
    'messages',
    [{ role: 'assistant', content: [thinking('')] }],
    [],
  ],
  [
    'Claude’s signature among items',
    '/v1/responses',
    host('api.openai.com'),
    'input',
    [reasoning('headgate:anthropic:s:SIG'), reasoning('OWN'), { role: 'user', content: 'x' }],
    [reasoning('OWN'), { role: 'user', content: 'x' }],
  ],
  [
    'a thought that nobody sealed',
    '/v1/responses',
    host('api.openai.com'),
    'input',
    [reasoning(undefined, 'rs_req_1_0'), { role: 'user', content: 'x' }],
    [{ role: 'user', content: 'x' }],
  ],
  [
    'nothing of its own under another id, which gets its id again',
    '/v1/responses',
    host('api.openai.com'),
    'input',
    [reasoning('headgate:openai:e.rs_9:ENC', 'rs_req_1_0')],
    [reasoning('ENC', 'rs_9')],
  ],
  [
    'Claude’s signature of a thought',
    '/v1beta/models/m:generateContent',
    gemini,
    'contents',
    [
      {
        role: 'model',
        parts: [{ text: 'Hm.', thought: true, thoughtSignature: 'headgate:anthropic:s:SIG' }, { text: 'a' }],
      },
    ],
    [{ role: 'model', parts: [{ text: 'a' }] }],
  ],
  [
    'Google’s signatures',
    '/v1/chat/completions',
    host('api.openai.com'),
    'messages',
    [{ role: 'assistant', content: 'a', extra_content: google, tool_calls: [{ ...call, extra_content: google }] }],
    [{ role: 'assistant', content: 'a', tool_calls: [call] }],
  ],
  [
    'reasoning',
    '/v1/chat/completions',
    host('api.groq.com'),
    'messages',
    [{ role: 'assistant', content: 'a', reasoning_content: 'Hm.', reasoning_details: [] }],
    [{ role: 'assistant', content: 'a' }],
  ],
]

test.each([...messages, ...others])('what is taken out is %s', (_, path, target, member, before, after) => {
  const body = `{"model":"m","seed":12345678901234567890,"${member}":${JSON.stringify(before)}}`
  const bytes = sent(path, body, target)
  expect(bytes).toContain('12345678901234567890')
  const told = JSON.parse(bytes) as JsonObject
  expect(told[member]).toEqual(JSON.parse(JSON.stringify(after)))
})

test.each<[string, string, Target, string]>([
  [
    'the mark in a text',
    '/v1/messages',
    claude,
    '{ "model":"claude","messages":[{"role":"user","content":"headgate:google"}]}',
  ],
  [
    'Google’s signature for Google',
    '/v1/chat/completions',
    host('generativelanguage.googleapis.com'),
    `{ "model":"m","messages":[{"role":"assistant","extra_content":${JSON.stringify(google)}}]}`,
  ],
  [
    'Google’s signature for a Gemini model',
    '/v1/chat/completions',
    host('llm.example', 'gemini-3-pro'),
    `{ "model":"gemini-3-pro","messages":[{"role":"assistant","extra_content":${JSON.stringify(google)}}]}`,
  ],
  [
    'reasoning for a host that is not listed',
    '/v1/chat/completions',
    host('llm.example'),
    '{ "model":"m","messages":[{"role":"assistant","reasoning_content":"Hm."}]}',
  ],
])('every byte stays of %s', (_, path, target, body) => {
  expect(sent(path, body, target)).toBe(body)
})
