import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChannelMac } from './channel-mac.ts'
import { type MacChannel, type MacKey, macKeysOf } from './mac-keys.ts'

const [old, present, other] = [1, 2, 3].map((n) => new Uint8Array(32).fill(n)) as [Uint8Array, Uint8Array, Uint8Array]
const macOf = (masterKeys: readonly Uint8Array[], channel: MacChannel = 'usage') =>
  new ChannelMac(macKeysOf(masterKeys, channel) as [MacKey, ...MacKey[]])

const context = fc.array(fc.string(), { minLength: 1, maxLength: 3 })
const bytes = fc.uint8Array({ maxLength: 40 })

test('what was signed is genuine, and nothing that differs from it in a byte of the payload or of the context is', () => {
  const mac = macOf([present])
  fc.assert(
    fc.property(context, bytes, context, bytes, (where, what, elsewhere, else_) => {
      const made = mac.of(where, what)
      expect(mac.judge(made, where, what)).toBe('genuine')
      const isSame = JSON.stringify([where, [...what]]) === JSON.stringify([elsewhere, [...else_]])
      expect(mac.judge(made, elsewhere, else_)).toBe(isSame ? 'genuine' : 'forged')
    }),
  )
})

test('context and payload cannot be taken for one another', () => {
  const mac = macOf([present])
  const made = mac.of(['a'], Buffer.from('b'))
  for (const [where, what] of [
    [['a', 'b'], ''],
    [['ab'], ''],
    [[], 'ab'],
    [['a"]\nb'], ''],
  ] as const) {
    expect(mac.judge(made, where, Buffer.from(what))).toBe('forged')
  }
})

test('every channel has a key of its own', () => {
  const channels: MacChannel[] = ['bus', 'request', 'answer', 'usage', 'leases']
  for (const [from, to] of channels.flatMap((from) => channels.map((to) => [from, to] as const))) {
    const made = macOf([present], from).of(['x'], Buffer.from('y'))
    expect(macOf([present], to).judge(made, ['x'], Buffer.from('y'))).toBe(from === to ? 'genuine' : 'forged')
  }
})

test('while the master key is changed both keys are accepted, and the first one signs', () => {
  const what = Buffer.from('usage')
  // First every node learns the new key, then every node signs with it, then the old one is dropped.
  const [before, learnt, moved, after] = [[old], [old, present], [present, old], [present]].map((keys) => macOf(keys))
  for (const [signer, readers] of [
    [before, [before, learnt]],
    [learnt, [before, learnt, moved]],
    [moved, [learnt, moved, after]],
    [after, [moved, after]],
  ] as const) {
    for (const reader of readers) expect(reader!.judge(signer!.of(['s'], what), ['s'], what)).toBe('genuine')
  }
  expect(after!.judge(before!.of(['s'], what), ['s'], what)).toBe('unknown-key')
})

test('no MAC, and none of the known form, is a message without one', () => {
  const mac = macOf([present])
  const made = mac.of(['s'], Buffer.from('x'))
  for (const unsigned of [undefined, '', 'x', 'boot:1:2:0', made.slice(1), `${made}A`, made.replace('.', ':')]) {
    expect(mac.judge(unsigned, ['s'], Buffer.from('x'))).toBe('unsigned')
  }
  expect(mac.judge(macOf([other]).of(['s'], Buffer.from('x')), ['s'], Buffer.from('x'))).toBe('unknown-key')
})
