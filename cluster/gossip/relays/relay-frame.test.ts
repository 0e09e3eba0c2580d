// Frames between nodes that relay: what is written is read, in few bytes, and nothing else is believed.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BucketNode } from '../bucket-node.ts'
import { decodeHello, decodeNames, encodeHello, encodeNames } from './presence.ts'
import { entryBytesMax, type Granted, RelayFrameWriter, readRelayFrame, type Told } from './relay-frame.ts'

const head = { node: 'proxy-1', boot: 1_700_000_000_000, sequence: 7, heard: 3, alive: 8, mates: 12 }
const amount = fc.integer({ min: -(2 ** 48), max: 2 ** 48 })
const key = fc.nat({ max: Number.MAX_SAFE_INTEGER })
const kind = fc.constantFrom('flow', 'window', 'gauge')
const rule = fc.record({ capacity: fc.nat({ max: 2 ** 48 }), perMs: fc.double({ min: 0, max: 1e9, noNaN: true }) })

const told: fc.Arbitrary<Told> = fc
  .record({
    key,
    kind,
    window: fc.nat({ max: 2 ** 32 - 1 }),
    used: amount,
    all: amount,
    held: amount,
    wants: amount,
    demand: fc.float({ min: 0, max: 2 ** 40, noNaN: true }),
    balance: amount,
    isFresh: fc.boolean(),
    hasMoved: fc.boolean(),
    rule: fc.option(rule, { nil: undefined }),
  })
  .map((entry) => (entry.kind === 'window' ? entry : { ...entry, window: 0, all: 0 }) as Told)

const granted: fc.Arbitrary<Granted> = fc
  .record({
    key,
    kind,
    window: fc.nat({ max: 2 ** 32 - 1 }),
    granted: amount,
    balance: amount,
    isPlenty: fc.boolean(),
    lacksRule: fc.boolean(),
  })
  .map((entry) => ({ ...entry, window: entry.kind === 'window' ? entry.window : 0, part: 1 }) as Granted)

function write(entries: readonly (Told | Granted)[]): Uint8Array {
  const writer = new RelayFrameWriter(4_096)
  writer.begin(head)
  for (const entry of entries) {
    if ('granted' in entry) writer.granted(entry)
    else writer.told(entry)
  }
  return writer.bytes()
}

test('what is written is read', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 20 }), fc.array(granted, { maxLength: 20 }), (reports, answers) => {
      const frame = readRelayFrame(write([...answers, ...reports]))
      expect(frame).toEqual({ ...head, told: reports, granted: answers })
    }),
  )
})

/** What an entry adds to a frame. */
const sizeOf = (entry: Told | Granted) => write([entry]).length - write([]).length

test('no entry is larger than the room that is kept for one', () => {
  fc.assert(
    fc.property(fc.oneof(told, granted), (entry) => {
      expect(sizeOf(entry)).toBeLessThanOrEqual(entryBytesMax)
    }),
  )
  const most = { used: -(2 ** 52), all: -(2 ** 52), held: -(2 ** 52), wants: -(2 ** 52), balance: -(2 ** 52) }
  const flags = { isFresh: true, hasMoved: true, rule: { capacity: 2 ** 52, perMs: 1 } }
  const largest: Told = { key: 2 ** 53 - 1, kind: 'window', window: 2 ** 32 - 1, demand: 1, ...most, ...flags }
  expect(sizeOf(largest)).toBe(entryBytesMax)
})

test('a bucket takes 50 bytes at most while its amounts are below two trillion, and about 20 as a rule', () => {
  const amounts = ['used', 'all', 'held', 'wants', 'balance'] as const
  fc.assert(
    fc.property(told, fc.array(fc.nat({ max: 2 ** 41 - 1 }), { minLength: 5, maxLength: 5 }), (entry, values) => {
      const set = Object.fromEntries(amounts.map((name, index) => [name, values[index]]))
      expect(sizeOf({ ...entry, ...set, rule: undefined } as Told)).toBeLessThanOrEqual(50)
    }),
  )
  const usual = {
    key: 2 ** 52,
    kind: 'flow',
    window: 0,
    used: 123_456,
    all: 0,
    held: 40,
    wants: 60,
    demand: 0.1,
  } as const
  const entry: Told = { ...usual, balance: 5_000, isFresh: false, hasMoved: false, rule: undefined }
  expect(sizeOf(entry)).toBeLessThanOrEqual(22)
})

test('what is cut short or changed is not read, or read as numbers that nodes can have', () => {
  fc.assert(
    fc.property(fc.array(told, { minLength: 1, maxLength: 3 }), fc.nat(), fc.nat(255), (reports, place, value) => {
      const bytes = write(reports)
      expect(readRelayFrame(bytes.subarray(0, bytes.length - 1))).toBeUndefined()
      bytes[place % bytes.length] = value
      for (const entry of readRelayFrame(bytes)?.told ?? []) {
        expect(Number.isSafeInteger(entry.used) && Number.isSafeInteger(entry.key) && entry.demand >= 0).toBe(true)
      }
    }),
  )
})

test.each([
  ['nothing', []],
  ['another version', [9, 1, 97]],
  ['a number without an end', [2, 1, 97, 255, 255, 255, 255, 255, 255, 255, 255, 255]],
  ['a name that is longer than the frame', [2, 200, 97]],
])('%s is no frame', (_, bytes) => {
  expect(readRelayFrame(Uint8Array.from(bytes))).toBeUndefined()
})

test('what nodes tell of themselves is read, and nothing else', () => {
  const hello = { node: 'a', boot: 5, sequence: 1, leaves: false, count: 20 }
  expect(decodeHello(encodeHello(hello))).toEqual(hello)
  expect(decodeNames(encodeNames([{ name: 'a', boot: 5 }]))).toEqual([{ name: 'a', boot: 5 }])
  for (const wrong of [new Uint8Array(0), Uint8Array.from([0xc1]), encodeHello({ ...hello, sequence: -1 })]) {
    expect(decodeHello(wrong)).toBeUndefined()
    expect(decodeNames(wrong)).toBeUndefined()
  }
})

test('more nodes than one keeps are told to the operator and not listened to', () => {
  const full: string[] = []
  const node = new BucketNode({ node: 'a', boot: 1, membersMax: 20, onFull: (what) => full.push(what) })
  for (let index = 0; index < 40; index++) {
    node.take(encodeHello({ node: `n${index}`, boot: 1, sequence: 1, leaves: false, count: 41 }), 0)
  }
  expect([node.members.size, full.length > 0, full[0]]).toEqual([19, true, 'nodes'])
})

test('more counts than one keeps are told to the operator', () => {
  const full: string[] = []
  const node = new BucketNode({ node: 'a', boot: 1, bucketsMax: 10, onFull: (what) => full.push(what) })
  for (let one = 0; one < 12; one++) node.buckets.slotOf(one, { kind: 'flow', capacity: 5, perMs: 1 }, 0)
  expect([node.buckets.count, full]).toEqual([10, ['counts', 'counts']])
})
