// A scan in slices finds what a scan in one piece finds, and no slice is long, whatever the shape of the body.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { atOnce } from '../work/slices.ts'
import { BodyScan, scanBatchLine, scanBody } from './scan.ts'
import { scanBodyInSlices, scanLineInSlices } from './scan-in-slices.ts'
import { hostileBodies } from './test-bodies.ts'

const tiny = { values: 1, slowBytes: 3 }

function factsOf(scan: BodyScan) {
  const { open, close, nestedTextBytes, includeUsage } = scan
  return { open, close, nestedTextBytes, includeUsage, spans: scan.spans() }
}

const member = fc.tuple(
  fc.constantFrom('model', 'input', 'messages', 'stream', 'stream_options', 'x', 'é\n'),
  fc.json(),
)
const text = fc
  .array(member, { maxLength: 6 })
  .map((members) => `{${members.map(([name, value]) => `${JSON.stringify(name)} : ${value}`).join(' ,')} }`)
const damaged = fc
  .tuple(text, fc.nat(), fc.constantFrom('', '"', '\\', '\\n', '{', ']', '\u0001', '7'))
  .map(
    ([whole, at, inserted]) =>
      whole.slice(0, at % (whole.length + 1)) + inserted + whole.slice((at + 1) % whole.length),
  )

test('a body is read alike in one piece and in slices', () => {
  fc.assert(
    fc.property(fc.oneof(text, damaged), (body) => {
      const [whole, sliced] = [new BodyScan(), new BodyScan()]
      const problem = scanBody(Buffer.from(body), whole)
      const inSlices = atOnce(scanBodyInSlices(Buffer.from(body), sliced, tiny))
      if (!body.startsWith('{')) return
      expect(inSlices).toEqual(problem)
      if (problem === undefined) expect(factsOf(sliced)).toEqual(factsOf(whole))
    }),
    { numRuns: 2_000 },
  )
})

test('so is a line of a batch file', () => {
  fc.assert(
    fc.property(fc.oneof(text, damaged), (body) => {
      const line = Buffer.from(`{"custom_id":"é","body":${body}}`)
      const [whole, sliced] = [new BodyScan(), new BodyScan()]
      const problem = scanBatchLine(line, whole)
      expect(atOnce(scanLineInSlices(line, sliced, tiny))).toEqual(problem)
      if ('bodyStart' in problem) expect(factsOf(sliced)).toEqual(factsOf(whole))
    }),
    { numRuns: 1_000 },
  )
})

test.each([
  ['of two bytes', 'é'],
  ['of three bytes', '語'],
  ['of four bytes', '😀'],
])('a character %s may stand where a slice ends', (_name, character) => {
  for (let shift = 0; shift < 4; shift++) {
    const body = Buffer.from(`{"model":"m","input":"${'a'.repeat(shift)}${character.repeat(3 << 20)}"}`)
    expect(atOnce(scanBodyInSlices(body, new BodyScan()))).toBeUndefined()
  }
})

test('bytes that are no UTF-8 are found in any slice', () => {
  const body = Buffer.from(`{"input":"${'a'.repeat(9 << 20)}"}`)
  for (const at of [12, (4 << 20) - 1, 4 << 20, body.length - 3]) {
    const wrong = Buffer.from(body)
    wrong[at] = 0x80
    expect(atOnce(scanBodyInSlices(wrong, new BodyScan()))).toEqual({ type: 'invalid_utf8' })
  }
})

/** The longest slice in milliseconds of processor time. Of several runs the least counts: another process may hold one up. */
function longestSliceMs(body: Buffer): number {
  const longest = [0, 0, 0].map(() => {
    const slices = scanBodyInSlices(body, new BodyScan())
    let most = 0
    for (let isDone = false; !isDone; ) {
      const before = process.cpuUsage()
      isDone = slices.next().done === true
      const { user, system } = process.cpuUsage(before)
      most = Math.max(most, (user + system) / 1_000)
    }
    return most
  })
  return Math.min(...longest)
}

test.each(hostileBodies(16 << 20))('no slice of a body of %s is long', (_name, make) => {
  expect(longestSliceMs(make())).toBeLessThan(50)
})

test.each([' ', '\n', '\t'])('more white space than is skipped (%j) is too much in slices too', (space) => {
  const bytes = Buffer.from(`${space.repeat(9 << 20)}{"model":"x"}`)
  expect(atOnce(scanBodyInSlices(bytes, new BodyScan()))).toEqual(scanBody(bytes, new BodyScan()))
  expect(scanBody(bytes, new BodyScan())).toMatchObject({ type: 'too_complex' })
})
