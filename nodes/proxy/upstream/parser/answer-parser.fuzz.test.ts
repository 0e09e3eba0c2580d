// Valid answers cut anywhere, and 100,000 broken ones (a million in `npm run test:long`). A failure prints its seed;
// `FUZZ_SEED` sets it.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AnswerRecord } from './answer-record.ts'

const runs = Number(process.env['FUZZ_RUNS'] ?? 100_000)

const token = fc.stringMatching(/^[A-Za-z0-9-]{1,20}$/)
const text = fc.stringMatching(/^[!-~ \t\x80-\xff]{0,30}$/)
const body = fc.string({ unit: 'binary', maxLength: 300 }).map((characters) => Buffer.from(characters))

const extraFields = fc
  .array(fc.tuple(token, text), { maxLength: 4 })
  .map((fields) => fields.map(([name, value]) => `x-${name}: ${value}\r\n`).join(''))

const chunks = fc.array(fc.record({ bytes: body, extension: fc.constantFrom('', ';a', ' ;a="b"', ';c=d;e', '  ') }), {
  maxLength: 5,
})

const sized = fc.tuple(extraFields, body).map(([fields, bytes]) => ({
  answer: Buffer.concat([Buffer.from(`${fields}Content-Length: ${bytes.length}\r\n\r\n`, 'latin1'), bytes]),
  bytes,
}))

const chunked = fc.tuple(extraFields, chunks, fc.boolean()).map(([fields, pieces, trailers]) => {
  const filled = pieces.filter((piece) => piece.bytes.length > 0)
  const framed = filled.flatMap(({ bytes, extension }) => [
    Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
  const head = Buffer.from(`${fields}transfer-encoding: chunked\r\n\r\n`, 'latin1')
  const last = Buffer.from(`0\r\n${trailers ? 'x-a: b\r\nx-c:\r\n' : ''}\r\n`)
  return { answer: Buffer.concat([head, ...framed, last]), bytes: Buffer.concat(filled.map((piece) => piece.bytes)) }
})

const validAnswer = fc
  .record({
    interim: fc.constantFrom('', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n'),
    status: fc.constantFrom('HTTP/1.1 200 OK\r\n', 'HTTP/1.1 429\r\n', 'HTTP/1.1 503 Not Now\r\n'),
    rest: fc.oneof(sized, chunked),
  })
  .map(({ interim, status, rest }) => ({
    answer: Buffer.concat([Buffer.from(interim + status), rest.answer]),
    body: rest.bytes.toString('latin1'),
  }))

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [...places, bytes.length].map((place, i) => bytes.subarray(places[i - 1] ?? 0, place))
}

const cuts = fc.array(fc.nat({ max: 2_000 }), { maxLength: 12 })

test('any cut of a valid answer gives the same events as the whole', () => {
  fc.assert(
    fc.property(validAnswer, cuts, ({ answer, body: expected }, places) => {
      const whole = new AnswerRecord().push([answer]).summary()
      expect(whole).toMatchObject({ body: expected, ended: true, failure: undefined, extraBytes: false })
      expect(new AnswerRecord().push(pieces(answer, places)).summary()).toEqual(whole)
      expect(new AnswerRecord().push(pieces(answer, [...answer.keys()])).summary()).toEqual(whole)
    }),
    { numRuns: Math.max(1_000, runs / 100) },
  )
})

// A small generator of its own: a library that shrinks would take minutes for so many.
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

const seeds = [
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 12\r\n\r\n{"a":"b c"}\r\n',
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n3\r\n\r\n0\r\n0\r\nx-t: 1\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 500 X\r\nconnection: close\r\nkeep-alive: timeout=4\r\n\r\nbody',
  'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
].map((answer) => Buffer.from(answer, 'latin1'))

const splices = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ':',
  '0',
  'ffffffffffff',
  ' ',
  'content-length: 3\r\n',
  '\r\n\r\n',
  'HTTP/1.1 ',
]

function mutated(random: (below: number) => number): Buffer {
  if (random(10) === 0) return Buffer.from(Array.from({ length: random(200) }, () => random(256)))
  let bytes = Buffer.from(seeds[random(seeds.length)]!)
  for (let change = random(4); change >= 0; change--) {
    const place = random(bytes.length + 1)
    const before = bytes.subarray(0, place)
    switch (random(4)) {
      case 0:
        if (place < bytes.length) bytes[place] = random(256)
        break
      case 1:
        bytes = Buffer.concat([before, bytes.subarray(Math.min(bytes.length, place + 1 + random(8)))])
        break
      case 2:
        bytes = Buffer.concat([before, Buffer.from(splices[random(splices.length)]!), bytes.subarray(place)])
        break
      default:
        bytes = Buffer.concat([before, seeds[random(seeds.length)]!.subarray(random(40))])
    }
  }
  return bytes
}

function readTwice(bytes: Buffer, parts: readonly Buffer[]): AnswerRecord {
  const record = new AnswerRecord().push(parts)
  record.parser.finish()
  record.push([bytes])
  record.parser.finish()
  return record
}

function elapsedMs(work: () => void): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}

test('no bytes crash the parser, stall it, or make it speak after an end; and their cuts do not matter', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_123)
  const random = randomOf(seed)
  let ended = 0
  let refused = 0
  for (let run = 0; run < runs; run++) {
    const bytes = mutated(random)
    const parts = pieces(bytes, [random(400), random(400), random(400)])
    const startedAt = performance.now()
    const whole = readTwice(bytes, [bytes])
    const cut = readTwice(bytes, parts)
    const note = `seed ${seed}, run ${run}: ${JSON.stringify(bytes.toString('latin1'))}`
    if (performance.now() - startedAt > 50) {
      // A real stall comes back; a busy machine does not stop us at the same place three times.
      const again = [1, 2, 3].map(() => elapsedMs(() => readTwice(bytes, parts)))
      expect(Math.min(...again), note).toBeLessThan(50)
    }
    // `expect` is too slow to be asked a hundred thousand times.
    if (!isDeepStrictEqual(cut.summary(), whole.summary())) expect(cut.summary(), note).toEqual(whole.summary())
    if (whole.ended) ended++
    if (whole.parser.failure !== undefined) refused++
  }
  // The mutations reach both outcomes often enough to mean something.
  expect(ended).toBeGreaterThan(runs / 20)
  expect(refused).toBeGreaterThan(runs / 20)
})
