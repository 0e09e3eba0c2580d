import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConfigEvent } from '../../../shared/config/events.ts'
import { genesisHash } from './config-log.ts'
import { canonicalJson, openEvent, sealEvent } from './event-codec.ts'

const macKey = new Uint8Array(32).fill(1)
const expected = { revision: 1, prevHash: genesisHash, macKey }

function event(change: Partial<ConfigEvent> = {}): ConfigEvent {
  return {
    revision: 1,
    version: 1,
    type: 'team-deleted',
    at: '2026-01-01T00:00:00.000Z',
    actor: 'admin',
    reason: '',
    commandId: 'c1',
    change: { type: 'team-deleted', name: 'a' },
    prevHash: genesisHash,
    ...change,
  }
}

/** Makes an event as a newer release would write it. */
function foreign(fields: object): ConfigEvent {
  return { ...event(), ...fields } as ConfigEvent
}

test('a sealed event opens to what it was', () => {
  expect(openEvent(sealEvent(event(), macKey), expected)).toEqual({
    ok: true,
    value: { type: 'known', event: event() },
  })
})

test('equal values are equal bytes, whatever order their fields came in', () => {
  const shuffled = fc.jsonValue().chain((value) => fc.tuple(fc.constant(value), fc.constant(reordered(value))))
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      expect(canonicalJson(other)).toBe(canonicalJson(one))
    }),
  )
})

test('a bit flipped anywhere in the bytes, the hash or the MAC is noticed', () => {
  const sealed = sealEvent(event(), macKey)
  const bits = fc.tuple(fc.nat(sealed.bytes.byteLength - 1), fc.nat(7))
  fc.assert(
    fc.property(bits, ([at, bit]) => {
      const bytes = Uint8Array.from(sealed.bytes)
      bytes[at]! ^= 1 << bit
      expect(openEvent({ ...sealed, bytes }, expected)).toMatchObject({ ok: false, error: { what: 'hash' } })
    }),
  )
  const turned = (text: string) => (text[0] === 'a' ? 'b' : 'a') + text.slice(1)
  expect(openEvent({ ...sealed, hash: turned(sealed.hash) }, expected)).toMatchObject({ error: { what: 'hash' } })
  expect(openEvent({ ...sealed, mac: turned(sealed.mac) }, expected)).toMatchObject({ error: { what: 'mac' } })
  expect(openEvent({ ...sealed, mac: '' }, expected)).toMatchObject({ error: { what: 'mac' } })
})

test('an event by somebody without the master key is refused', () => {
  const forged = sealEvent(event(), new Uint8Array(32).fill(2))
  expect(openEvent(forged, expected)).toMatchObject({ ok: false, error: { what: 'mac' } })
})

test.each([
  ['after another event', event({ prevHash: 'f'.repeat(64) }), {}, 'previous-hash'],
  ['at another revision', event({ revision: 2 }), {}, 'revision'],
  ['stored at another revision', event(), { revision: 2 }, 'revision'],
  ['under another command id', event(), { commandId: 'c2' }, 'command-id'],
  ['that is no event', foreign({ revision: 'one' }), {}, 'format'],
])('a genuine event %s is refused', (_what, one, stored, what) => {
  expect(openEvent({ ...sealEvent(one, macKey), ...stored }, expected)).toMatchObject({ ok: false, error: { what } })
})

test.each([
  ['of an unknown type', { type: 'moon-set', change: { type: 'moon-set' } }, false],
  ['of an unknown type that may be skipped', { type: 'moon-set', change: { type: 'moon-set' }, ignorable: true }, true],
  [
    'with an unknown part',
    { type: 'change-set', change: { type: 'change-set', changes: [{ type: 'moon-set' }] } },
    false,
  ],
  ['in a newer envelope', { version: 2 }, false],
])('an event %s is genuine and not understood', (_what, fields, ignorable) => {
  const opened = openEvent(sealEvent(foreign(fields), macKey), expected)
  expect(opened).toMatchObject({ ok: true, value: { type: 'unknown', ignorable } })
})

function reordered(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(reordered)
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, reordered(inner)])
      .reverse(),
  )
}
