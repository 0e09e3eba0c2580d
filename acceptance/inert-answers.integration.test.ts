// An upstream that somebody has taken over calls what it sends a page, a picture with scripts or a script. Nothing of it reaches a
// caller under a name that a browser runs.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Gateway, startGateway } from './gateway.ts'
import { type MediaUpstream, startMediaUpstream } from './media-upstream.ts'
import { modelOn, providerAt } from './scripted-llm.ts'

let upstream: MediaUpstream
let gateway: Gateway
let secret: string

beforeAll(async () => {
  upstream = await startMediaUpstream()
  gateway = await startGateway({
    config: { providers: { media: providerAt(upstream.url) }, models: { any: modelOn('media', 'any-x') } },
  })
  secret = (await gateway.issueKey()).secret
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})
beforeEach(() => upstream.answers.clear())

const page = '<script>alert(document.domain)</script>'
const jsonPage = JSON.stringify({
  text: page,
  choices: [{ index: 0, message: { role: 'assistant', content: page }, finish_reason: 'stop' }],
  data: [],
})

function form(): RequestInit {
  const body = new FormData()
  body.set('model', 'any')
  body.set('file', new Blob(['RIFF'], { type: 'audio/wav' }), 'a.wav')
  return { body }
}
const json = (body: object): RequestInit => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

const requests: [string, () => RequestInit][] = [
  ['/v1/audio/speech', () => json({ model: 'any', voice: 'alloy', input: 'hi' })],
  ['/v1/audio/transcriptions', form],
  ['/v1/audio/translations', form],
  ['/v1/images/generations', () => json({ model: 'any', prompt: 'a gate' })],
  ['/v1/images/edits', form],
  ['/v1/moderations', () => json({ model: 'any', input: 'x' })],
  ['/v1/rerank', () => json({ model: 'any', query: 'x', documents: ['a'] })],
  ['/v1/embeddings', () => json({ model: 'any', input: 'x' })],
  ['/v1/chat/completions', () => json({ model: 'any', messages: [{ role: 'user', content: 'x' }] })],
]
const types = [
  'text/html',
  'TEXT/HTML; charset=utf-8',
  'image/svg+xml',
  'application/xhtml+xml',
  'text/javascript',
  'audio/mpeg, text/html',
  'text/html; x=json',
]

async function answerTo(path: string, init: RequestInit, type: string, status: number) {
  upstream.answers.set(path, (_request, response) => {
    response.writeHead(status, {
      'content-type': type,
      'content-disposition': 'inline',
      refresh: '0; url=//evil.example',
      'set-cookie': 'a=1',
      link: '</x>; rel=preload',
      'service-worker-allowed': '/',
    })
    response.end(type.includes('json') ? jsonPage : page)
  })
  const headers = { authorization: `Bearer ${secret}`, ...init.headers }
  const answer = await fetch(gateway.base + path, { method: 'POST', ...init, headers })
  await answer.text()
  return answer
}

test.each(requests.flatMap(([path, init]) => types.map((type) => [path, type, init] as const)))(
  '%s answered as %s is nothing that a browser runs, whether it is good or an error',
  async (path, type, init) => {
    for (const status of [200, 400, 500]) {
      const { headers } = await answerTo(path, init(), type, status)
      expect([status, headers.get('content-type')]).toEqual([
        status,
        expect.stringMatching(/^application\/(json|octet-stream)\b[^,]*$/),
      ])
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      if (headers.get('content-type') === 'application/octet-stream')
        expect(headers.get('content-disposition')).toBe('attachment')
      for (const name of ['refresh', 'set-cookie', 'link', 'service-worker-allowed'])
        expect(headers.get(name)).toBeNull()
    }
  },
)

test('sound is told as what it is, to be kept', async () => {
  const { headers } = await answerTo(
    '/v1/audio/speech',
    json({ model: 'any', voice: 'alloy', input: 'hi' }),
    'audio/mpeg',
    200,
  )
  expect([headers.get('content-type'), headers.get('content-disposition')]).toEqual(['audio/mpeg', 'attachment'])
})

test('a file of a caller is kept by a browser and never shown', async () => {
  upstream.answers.set('/v1/files', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ id: 'file-1', object: 'file', bytes: 1, created_at: 1, filename: 'a.html', purpose: 'batch' }),
    )
  })
  upstream.answers.set('/v1/files/file-1/content', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-disposition': 'inline' }).end(page)
  })
  const body = new FormData()
  body.set('purpose', 'user_data')
  body.set('file', new Blob([page], { type: 'text/html' }), 'a.html')
  const headers = { authorization: `Bearer ${secret}`, 'x-headgate-provider': 'media' }
  const made = (await (await fetch(`${gateway.base}/v1/files`, { method: 'POST', body, headers })).json()) as {
    id: string
  }
  const content = await fetch(`${gateway.base}/v1/files/${made.id}/content`, { headers })
  expect([content.status, await content.text()]).toEqual([200, page])
  expect(content.headers.get('content-type')).toBe('application/octet-stream')
  expect(content.headers.get('content-disposition')).toBe('attachment')
  expect(content.headers.get('x-content-type-options')).toBe('nosniff')
})
