// Shapes of errors and where they come from: each keeps its words, in every dialect of an upstream.
import { expect, test } from 'vitest'
import { anthropicUpstream } from '../../anthropic/anthropic.ts'
import { bedrockUpstream } from '../../bedrock/bedrock.ts'
import { cohereUpstream } from '../../cohere/cohere.ts'
import { geminiUpstream } from '../../gemini/gemini.ts'
import { openAiChatUpstream } from '../../openai-chat/openai-chat.ts'
import { vertexClaudeUpstream } from '../../vertex/vertex.ts'

const upstreams = [
  openAiChatUpstream,
  anthropicUpstream,
  geminiUpstream,
  bedrockUpstream,
  cohereUpstream,
  vertexClaudeUpstream,
]
const words = 'the words'

const shapes: readonly (readonly [string, unknown])[] = [
  ["OpenAI's", { error: { message: words, type: 'invalid_request_error', param: null, code: null } }],
  ["Anthropic's", { type: 'error', error: { type: 'invalid_request_error', message: words } }],
  ["Google's", { error: { code: 400, message: words, status: 'INVALID_ARGUMENT' } }],
  ["Google's in a list", [{ error: { code: 400, message: words, status: 'INVALID_ARGUMENT' } }]],
  ["vLLM's", { object: 'error', message: words, type: 'BadRequestError', param: null, code: 400 }],
  ["FastAPI's text", { detail: words }],
  ["FastAPI's list", { detail: [{ loc: ['body', 'messages'], msg: words, type: 'value_error' }] }],
  ["Mistral's", { object: 'error', message: { detail: [{ loc: ['body'], msg: words }] }, code: null }],
  ['a text', { error: words }],
  ["Hugging Face's list of texts", { error: [words] }],
  ["Cloudflare's", { errors: [{ message: words, code: 7003 }], success: false }],
  ['a list of texts', { errors: [words] }],
  ["problem+json's", { type: 'about:blank', title: 'Bad', status: 400, detail: words }],
  ["AWS's", { Message: words }],
  ["AWS's in small letters", { message: words }],
  ["OAuth's", { error: 'invalid_grant', error_description: words }],
  ["xAI's", { code: 'Client specified an invalid argument', error: words }],
  ["MiniMax's", { base_resp: { status_code: 2013, status_msg: words } }],
  ["API Management's", { statusCode: 400, message: words }],
  ['JSON text', words],
]

for (const { name, parseError } of upstreams)
  test.each(shapes)(`the words of an error in the shape: %s (${name})`, (_, body) => {
    expect(parseError(400, Buffer.from(JSON.stringify(body))).message).toContain(words)
  })

const page = '<!doctype html><html><head><title>502 Bad\nGateway</title></head><body>at 10.0.0.7</body></html>'

for (const { name, parseError } of upstreams)
  test.each([
    ['plain text', words, words],
    ['a page, of which the title is told', page, '502 Bad Gateway'],
    ['a page without a title', '<html>10.0.0.7</html>', ''],
    ['nothing', ' ', ''],
    ['JSON without words', '{"ok":false}', ''],
    ['an error that is null', '{"error":null}', ''],
  ])(`the words of %s (${name})`, (_, body, message) => {
    expect(parseError(400, Buffer.from(body)).message).toBe(message)
  })

test('an entry of a list stands behind its place', () => {
  const detail = [
    { loc: ['body', 'messages', 0], msg: 'Field required' },
    { loc: ['body', 'n'], msg: 'too large' },
  ]
  const { message } = openAiChatUpstream.parseError(422, Buffer.from(JSON.stringify({ detail })))
  expect(message).toBe('body.messages.0: Field required; body.n: too large')
})
