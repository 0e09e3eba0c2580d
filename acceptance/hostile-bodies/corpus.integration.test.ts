// Every hostile body is answered with a clear error or passes, and another team is served all along.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { corpus, type HostileBody } from './corpus.ts'
import { type HostileAnswer, type HostileRig, startHostileRig } from './hostile-rig.ts'

const bytes = 2 << 20

let rig: HostileRig
beforeAll(async () => {
  rig = await startHostileRig()
})
afterAll(() => rig?.stop())

test('the corpus has at least sixty bodies, each with a name of its own', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(60)
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
})

test.each(corpus.map((hostile) => [hostile.name, hostile] as const))('%s', async (_, hostile) => {
  expectWanted(hostile, await rig.send(hostile, hostile.make(bytes)))
})

test('meanwhile every small request of the other team was answered', async () => {
  const { waitsMs, others } = await rig.heard()
  expect(waitsMs.length).toBeGreaterThan(100)
  expect(others).toEqual({})
})

test('the process has printed no fault of its own', () => {
  expect(rig.gateway.exitCode).toBeNull()
  expect(rig.gateway.output()).not.toMatch(/handler-threw|TypeError|RangeError|FATAL/)
})

function expectWanted({ wanted }: HostileBody, { status, code, text }: HostileAnswer): void {
  if (typeof wanted === 'string') expect([code, status >= 400 && status < 500]).toEqual([wanted, true])
  else expect(wanted, text.slice(0, 300)).toContain(status)
  if (status !== 200) expect(text).toMatch(/"message":"[^"]{10,400}"/)
}
