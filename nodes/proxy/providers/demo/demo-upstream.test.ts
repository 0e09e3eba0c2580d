import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { DemoUpstream } from './demo-upstream.ts'

test('a chat completion is one JSON answer', () => {
  const { status, text } = send('/chat/completions', { model: 'echo', messages: [{ role: 'user', content: 'Hi' }] })
  expect(status).toBe(200)
  expect(JSON.parse(text)).toMatchObject({
    object: 'chat.completion',
    model: 'demo/echo',
    choices: [{ message: { role: 'assistant', content: 'You said: Hi' }, finish_reason: 'stop' }],
    usage: { completion_tokens: 3 },
  })
})

test('a stream says the same word by word, and its usage where that is asked for', () => {
  const messages = [{ role: 'user', content: 'Hi there' }]
  const chunks = events({ model: 'echo', messages, stream: true, stream_options: { include_usage: true } })
  const words = chunks.map(({ choices }) => choices[0]?.delta?.content ?? '')
  expect(words.join('')).toBe('You said: Hi there')
  expect(chunks.at(-2)).toMatchObject({ choices: [{ delta: {}, finish_reason: 'stop' }] })
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 5 } })
})

test('a stream has no usage where nobody asks for it', () => {
  const chunks = events({ model: 'echo', messages: [{ role: 'user', content: 'Hi' }], stream: true })
  expect(chunks.filter(({ usage }) => usage !== undefined)).toEqual([])
})

test('the tools model calls the tool that it is given, whole and in fragments', () => {
  const tools = [{ type: 'function', function: { name: 'look_up', parameters: { properties: { city: {} } } } }]
  const request = { model: 'tools', messages: [{ role: 'user', content: 'Weather in Bonn' }], tools }
  const { choices } = JSON.parse(send('/chat/completions', request).text)
  expect(choices).toMatchObject([{ message: { content: null }, finish_reason: 'tool_calls' }])
  const [call] = choices[0].message.tool_calls
  expect(call.function).toEqual({ name: 'look_up', arguments: '{"city":"Bonn"}' })
  const deltas = events({ ...request, stream: true }).flatMap((chunk) => chunk.choices[0]?.delta?.tool_calls ?? [])
  expect(deltas[0]).toMatchObject({ id: call.id, function: { name: 'look_up', arguments: '' } })
  expect(deltas.map((delta) => delta.function.arguments).join('')).toBe('{"city":"Bonn"}')
})

test('the flaky model fails every other time', () => {
  const clock = new ManualClock()
  const upstream = new DemoUpstream(clock)
  const ask = () => send('/chat/completions', { model: 'flaky', messages: [] }, { clock, upstream }).status
  expect([ask(), ask(), ask()]).toEqual([500, 200, 500])
})

test.each([
  ['429', '/chat/completions', 429],
  ['nobody', '/chat/completions', 404],
  ['echo', '/images/generations', 404],
])('the model %s at %s is answered with %i', (model, path, status) => {
  expect(send(path, { model }).status).toBe(status)
})

test('after an abort nothing is heard any more', () => {
  const clock = new ManualClock()
  const heard: string[] = []
  const call = new DemoUpstream(clock).send(requestOf('/completions', { model: 'echo', prompt: 'a', stream: true }), {
    onBodySent: () => heard.push('sent'),
    onHead: () => heard.push('head'),
    onData: () => heard.push('data'),
    onEnd: () => heard.push('end'),
  })
  call.abort()
  clock.advance(60_000)
  expect(heard).toEqual(['sent'])
})

interface Chunk {
  readonly choices: { delta?: { content?: string; tool_calls?: { function: { arguments: string } }[] } }[]
  readonly usage?: unknown
}

function requestOf(path: string, body: object) {
  return { path, body: [Buffer.from(JSON.stringify(body))] }
}

function open() {
  const clock = new ManualClock()
  return { clock, upstream: new DemoUpstream(clock) }
}

function send(path: string, body: object, { clock, upstream } = open()): { status: number; text: string } {
  const answer = { status: 0, text: '', ended: false }
  upstream.send(requestOf(path, body), {
    onBodySent: () => {},
    onHead: ({ status }) => {
      answer.status = status
    },
    onData: (chunk) => {
      answer.text += Buffer.from(chunk).toString()
    },
    onEnd: () => {
      answer.ended = true
    },
  })
  clock.advance(60_000)
  expect(answer.ended).toBe(true)
  return answer
}

function events(body: object): Chunk[] {
  const frames = send('/chat/completions', body)
    .text.split('\n\n')
    .filter((frame) => frame !== '')
  expect(frames.pop()).toBe('data: [DONE]')
  return frames.map((frame) => JSON.parse(frame.slice('data: '.length)))
}
