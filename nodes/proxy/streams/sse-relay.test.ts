import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SseFrames } from '../../../shared/sse/frames.ts'
import { ChatStreamObserver } from '../dialects/openai/stream-observer.ts'
import { SseRelay } from './sse-relay.ts'

const chunk = (delta: unknown, finish: string | null = null, more = {}) =>
  JSON.stringify({
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  })
const usageChunk = JSON.stringify({
  id: 'c',
  choices: [],
  usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
})
const events = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Grüße, ' }),
  chunk({ content: '"usage":{} \n\ndata: [DONE] 😀' }),
  chunk({}, 'stop'),
]
const stream = (lineEnd: string, data: string[]) => data.map((one) => `data: ${one}${lineEnd}${lineEnd}`).join('')

function passesThrough(text: string, cuts: number[], showUsage = false) {
  const bytes = Buffer.from(text)
  const forwarded: Buffer[] = []
  let last = ''
  let errors = 0
  const observer = new ChatStreamObserver(showUsage)
  const relay = new SseRelay(observer, {
    onEvents: (run) => forwarded.push(Buffer.from(run)),
    onDone: (end) => (last = end.toString()),
    onErrorEvent: () => errors++,
  })
  let from = 0
  for (const cut of [...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    relay.push(Buffer.from(bytes.subarray(from, cut)), 1)
    from = cut
  }
  const end = relay.end()
  return { text: Buffer.concat(forwarded).toString(), last, errors, end, usage: observer.usage, tokens: relay.tokens }
}

const lineEnds = ['\n', '\r\n', '\r']

describe('a stream relayed', () => {
  test('comes out as it went in, cut anywhere, with every kind of line end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...lineEnds), fc.array(fc.nat(), { maxLength: 40 }), (lineEnd, cuts) => {
        const content = stream(lineEnd, events)
        const done = `data: [DONE]${lineEnd}${lineEnd}`
        const result = passesThrough(content + done, cuts)
        expect(result).toMatchObject({ text: content, last: done, errors: 0, end: 'whole', tokens: 3 })
      }),
    )
  })

  test('comes out the same when every byte comes alone', () => {
    for (const lineEnd of lineEnds) {
      const content = stream(lineEnd, events)
      const every = Array.from({ length: Buffer.byteLength(content) }, (_, i) => i)
      expect(passesThrough(`${content}data: [DONE]${lineEnd}${lineEnd}`, every).text).toBe(content)
    }
  })

  test('loses the usage chunk and nothing else when the caller did not ask for it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), (cuts, showUsage) => {
        const result = passesThrough(stream('\n', [...events, usageChunk, '[DONE]']), cuts, showUsage)
        expect(result.usage).toMatchObject({ input: 9, output: 2, cached: 0 })
        expect(result.text).toBe(stream('\n', showUsage ? [...events, usageChunk] : events))
      }),
    )
  })

  test('keeps a usage that comes on the last choice chunk', () => {
    const last = chunk({}, 'stop', { usage: { prompt_tokens: 1, completion_tokens: 1 } })
    const result = passesThrough(stream('\n', [...events.slice(0, 3), last, '[DONE]']), [])
    expect(result.text).toContain(last)
    expect(result.usage).toMatchObject({ input: 1, output: 1, cached: 0 })
  })

  test('takes the last usage when an upstream sends a growing one with every chunk, and null for none', () => {
    const growing = [1, 2, 3].map((n) =>
      chunk({ content: 'x' }, null, { usage: { prompt_tokens: 5, completion_tokens: n } }),
    )
    const result = passesThrough(
      stream('\n', [chunk({ content: 'a' }, null, { usage: null }), ...growing, chunk({}, 'stop'), '[DONE]']),
      [],
    )
    expect(result.usage).toMatchObject({ input: 5, output: 3, cached: 0 })
    expect(result.tokens).toBe(5)
  })

  test('gets its terminal event when the upstream stops after a finish reason', () => {
    expect(passesThrough(stream('\n', events), [])).toMatchObject({ end: 'whole', last: 'data: [DONE]\n\n' })
  })

  test('is cut when the upstream stops before a finish reason', () => {
    expect(passesThrough(stream('\n', events.slice(0, 3)), [])).toMatchObject({ end: 'cut', last: '' })
  })

  test('does not forward half an event', () => {
    const half = stream('\n', events.slice(0, 2)) + 'data: {"choices":[{"delta":{"content":"ha'
    expect(passesThrough(half, [])).toMatchObject({ text: stream('\n', events.slice(0, 2)), end: 'cut' })
  })

  test('ends at an error event, which is not forwarded', () => {
    const error = JSON.stringify({ error: { message: 'overloaded', type: 'server_error' } })
    const result = passesThrough(stream('\n', [events[0]!, events[1]!, error, events[2]!]), [])
    expect(result).toMatchObject({ text: stream('\n', events.slice(0, 2)), errors: 1 })
  })

  test('forwards comments and counts no token for them (wire 103)', () => {
    const content = `: keep-alive\n\n${stream('\n', events)}`
    expect(passesThrough(`${content}data: [DONE]\n\n`, [])).toMatchObject({ text: content, tokens: 3 })
  })

  test('ignores what comes after the terminal event', () => {
    const result = passesThrough(`${stream('\n', [...events, '[DONE]'])}data: {"late":1}\n\n`, [])
    expect(result.text).toBe(stream('\n', events))
  })
})

test('an event that never ends is refused at its bound', () => {
  const frames = new SseFrames()
  const sink = { onFrame: () => {}, onFramesEnd: () => {} }
  const piece = Buffer.alloc(64 << 10, 'x')
  let pushed = 0
  while (frames.push(piece, sink)) pushed++
  expect(pushed).toBe(16)
})
