import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ForkableMap } from './forkable-map.ts'

// Few names, so that they are set again and deleted, and enough of them at a time that leaves split.
const name = fc.oneof(
  fc.nat(400).map((number) => `key_${number}`),
  fc.constantFrom('', '__proto__', 'constructor', 'ü/💧'),
)
const step = fc.oneof(
  { weight: 30, arbitrary: fc.record({ type: fc.constant('set' as const), name, value: fc.nat(9) }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('delete' as const), name }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('many' as const),
      from: fc.nat(400),
      count: fc.nat(300),
      value: fc.nat(9),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fork' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('settle' as const) }) },
)
const steps = fc.record({ isLoose: fc.boolean(), script: fc.array(step, { maxLength: 120 }) })
type Script = typeof steps extends fc.Arbitrary<infer Value> ? Value : never

interface Side {
  map: ForkableMap<number>
  twin: Map<string, number>
}

/** Every fork goes on being a map of its own; `sides` are all of them, the newest last. */
function run({ isLoose, script }: Script): Side[] {
  const sides: Side[] = [{ map: isLoose ? ForkableMap.loose() : new ForkableMap(), twin: new Map() }]
  for (const [index, one] of script.entries()) {
    const { map, twin } = sides[index % sides.length]!
    if (one.type === 'set') twin.set(one.name, one.value) && map.set(one.name, one.value)
    else if (one.type === 'delete') expect(map.delete(one.name)).toBe(twin.delete(one.name))
    else if (one.type === 'fork') sides.push({ map: map.fork(), twin: new Map(twin) })
    else if (one.type === 'settle') map.settle()
    else
      for (let number = one.from; number < one.from + one.count; number++) {
        twin.set(`key_${number}`, one.value)
        map.set(`key_${number}`, one.value)
      }
  }
  return sides
}

test('it is a map, and so is every fork of it, whatever becomes of the other side', () => {
  fc.assert(
    fc.property(steps, (script) => {
      for (const { map, twin } of run(script)) {
        expect(map.size).toBe(twin.size)
        expect(new Map(map)).toEqual(twin)
        expect([...map.keys()].sort()).toEqual([...twin.keys()].sort())
        expect([...map.values()].sort()).toEqual([...twin.values()].sort())
        for (const [known, value] of twin) expect([map.get(known), map.has(known)]).toEqual([value, true])
        expect([map.get('never'), map.has('never')]).toEqual([undefined, false])
      }
    }),
  )
})

test('what two of them differ in is what has to be done to make one of the other', () => {
  fc.assert(
    fc.property(steps, fc.nat(), (script, at) => {
      const sides = run(script)
      const before = sides[at % sides.length]!
      const after = sides.at(-1)!
      const patched = new Map(before.twin)
      for (const { name, before: old, after: now } of after.map.differencesFrom(before.map)) {
        expect(old).toBe(before.twin.get(name))
        expect(old).not.toBe(now)
        if (now === undefined) patched.delete(name)
        else patched.set(name, now)
      }
      expect(patched).toEqual(after.twin)
    }),
  )
})

test('equal content is walked in one order, whatever the maps went through', () => {
  fc.assert(
    fc.property(steps, (script) => {
      for (const { map, twin } of run(script)) {
        const fresh = new ForkableMap<number>()
        for (const [known, value] of [...twin].reverse()) fresh.set(known, value)
        expect([...fresh.inOrder()]).toEqual([...map.inOrder()])
      }
    }),
  )
})

test('a loose map that is being settled can be read between the pieces', () => {
  const map = ForkableMap.loose<number>()
  for (let i = 0; i < 20_000; i++) map.set(`key_${i}`, i)
  let pieces = 0
  for (const _ of map.settling()) {
    pieces++
    expect([map.size, map.get('key_0'), map.get('key_19999'), [...map.keys()].length]).toEqual([
      20_000, 0, 19_999, 20_000,
    ])
  }
  expect(pieces).toBeGreaterThan(3)
  expect([map.size, map.get('key_19999')]).toEqual([20_000, 19_999])
  expect([...map.fork().set('key_7', -7).differencesFrom(map)]).toEqual([{ name: 'key_7', before: 7, after: -7 }])
})

test('a change among a hundred thousand is the one difference', () => {
  const map = new ForkableMap<object>()
  for (let i = 0; i < 100_000; i++) map.set(`key_${i}`, {})
  const fork = map.fork().set('key_5000', {})
  expect([...fork.differencesFrom(map)].map(({ name }) => name)).toEqual(['key_5000'])
})
