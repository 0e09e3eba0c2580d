import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SseEvent, sseEvent } from './event.ts'
import { fruitlessEventsMax, SseFrames, silentBytesMax } from './frames.ts'

function eventsIn(chunks: readonly Buffer[]): SseEvent[] {
  const frames = new SseFrames()
  const events: SseEvent[] = []
  const sink = {
    onFrame: (bytes: Buffer, start: number, end: number) => void events.push(sseEvent(bytes.utf8Slice(start, end))),
    onFramesEnd: () => {},
  }
  for (const chunk of chunks) frames.push(Buffer.from(chunk), sink)
  return events
}

const data = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('', ' x', '東京 🗼', '[DONE]'))
const event = fc.record({
  name: fc.constantFrom('', 'message_start', 'a b'),
  lines: fc.array(
    data.filter((line) => !/[\r\n]/.test(line)),
    { minLength: 1, maxLength: 3 },
  ),
  space: fc.boolean(),
  comment: fc.boolean(),
  rest: fc.boolean(),
})

test('events survive every line end, and every cut of their bytes (wire 1, 2)', () => {
  fc.assert(
    fc.property(fc.array(event), fc.constantFrom('\n', '\r\n', '\r'), fc.nat(5), (events, lineEnd, size) => {
      const text = events.map(({ name, lines, space, comment, rest }) => {
        const written = lines.map((line) => (space || line.startsWith(' ') ? `data: ${line}` : `data:${line}`))
        if (comment) written.unshift(': hello')
        if (name !== '') written.unshift(`event: ${name}`)
        if (rest) written.push('id: 7', 'retry: 100', 'unknown')
        return [...written, '', ''].join(lineEnd)
      })
      // A lone CR at the end of a chunk may be the first half of a CRLF, so one more byte completes the last event.
      const bytes = Buffer.from(text.join('') + (lineEnd === '\r' ? ':' : ''))
      const chunks = Array.from({ length: Math.ceil(bytes.length / (size + 1)) }, (_, i) =>
        bytes.subarray(i * (size + 1), (i + 1) * (size + 1)),
      )
      expect(eventsIn(chunks)).toEqual(events.map(({ name, lines }) => ({ name, data: lines.join('\n') })))
    }),
  )
})

test('a comment has no data', () => {
  expect(sseEvent(': keep-alive\n\n')).toEqual({ name: '', data: undefined })
})

const ignored = { onFrame: () => {}, onFramesEnd: () => {} }

test.each([
  ':\n\n',
  ': still working\n\n',
  ': data\n\n',
  '\n\n',
  'id: 1\n\n',
  'event: ping\n\n',
  'retry: 5\r\n\r\n',
  ':\r\r',
  'data:\n\n',
  'data: \n\n',
  'data\n\n',
  'data:\r\n\r\n',
  'data:\ndata:\n\n',
  'event: ping\ndata: \n\n',
  ': data: x\ndata:\n\n',
])('a stream of nothing but %j is given up', (silent) => {
  const frames = new SseFrames()
  const chunk = Buffer.from(silent.repeat(1_000))
  let chunks = 0
  while (frames.push(Buffer.from(chunk), ignored)) expect(++chunks * chunk.length).toBeLessThanOrEqual(silentBytesMax)
  expect(chunks).toBeGreaterThan(10)
})

test.each([
  'data:x\n\n',
  'data:  \n\n',
  'data:\ndata: x\n\n',
  'data: x\n\n',
  'event: ping\ndata: {}\n\n',
  ': a\ndata: x\n\n',
  'id: 1\ndata: x\n\n',
])('silence before %j is forgiven', (said) => {
  const frames = new SseFrames()
  const chunk = Buffer.from(`${': still working\n\n'.repeat(1_000)}${said}`)
  for (let i = 0; i < 100; i++) {
    expect(frames.push(Buffer.from(chunk), ignored)).toBe(true)
    frames.progressed()
  }
})

test('a byte order mark before a stream is skipped, however it is cut', () => {
  const bytes = Buffer.from('\ufeffdata: a\n\ndata: \ufeffb\n\n')
  const events = [
    { name: '', data: 'a' },
    { name: '', data: '\ufeffb' },
  ]
  for (let cut = 0; cut < bytes.length; cut++)
    expect(eventsIn([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(events)
  expect(eventsIn([...bytes].map((byte) => Buffer.of(byte)))).toEqual(events)
})

test('a stream of events without anything of an answer in them is given up, unless its reader finds something', () => {
  const chunk = Buffer.from('event: ping\ndata: {"type":"ping"}\n\n'.repeat(1_000))
  const frames = new SseFrames()
  let events = 0
  while (frames.push(Buffer.from(chunk), ignored)) events += 1_000
  expect(events).toBe(Math.floor(fruitlessEventsMax / 1_000) * 1_000)
  const read = new SseFrames()
  for (let i = 0; i < 100; i++) {
    expect(read.push(Buffer.from(chunk), ignored)).toBe(true)
    read.progressed()
  }
})
