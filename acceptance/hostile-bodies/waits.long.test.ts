// How long another team's small requests wait while hostile bodies of full size are read: a table by body, and the figure for
// all of them. What a loaded machine adds is measured before and allowed for.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sleep } from '../until.ts'
import { corpus } from './corpus.ts'
import { type HostileRig, startHostileRig } from './hostile-rig.ts'

const bytes = 60 << 20
/** What it shall be; what is asserted leaves room for a machine that others use too. */
const waitMsWanted = 50
const room = 10
const quietMs = 3_000
const afterMs = 150

interface Waits {
  readonly name: string
  readonly isTranslated: boolean
  readonly status: number
  readonly waitsMs: readonly number[]
}

let rig: HostileRig
beforeAll(async () => {
  rig = await startHostileRig()
})
afterAll(() => rig?.stop())

test('small requests of another team wait for no hostile body', async () => {
  await rig.heard()
  await sleep(quietMs)
  const quiet = (await rig.heard()).waitsMs
  const measured: Waits[] = []
  for (const hostile of corpus) {
    const body = hostile.make(bytes)
    await rig.heard()
    const { status } = await rig.send(hostile, body)
    await sleep(afterMs)
    const { waitsMs, others } = await rig.heard()
    expect(others).toEqual({})
    measured.push({ name: hostile.name, isTranslated: hostile.isTranslated, status, waitsMs })
  }
  report(measured, quiet)
  const passed = measured.filter(({ isTranslated }) => !isTranslated).flatMap(({ waitsMs }) => waitsMs)
  expect(partOf(passed, 0.99)).toBeLessThanOrEqual(room * (waitMsWanted + partOf(quiet, 0.99)))
})

function report(measured: readonly Waits[], quiet: readonly number[]): void {
  const lines = measured
    .toSorted((a, b) => Math.max(...b.waitsMs) - Math.max(...a.waitsMs))
    .map(({ name, status, waitsMs }) => `${ms(Math.max(...waitsMs))} ms  ${status}  ${name}`)
  const figures = (['passed', 'translated'] as const).map((kind) => {
    const waits = measured.filter(({ isTranslated }) => isTranslated === (kind === 'translated'))
    const all = waits.flatMap(({ waitsMs }) => waitsMs)
    return `${kind}: p99 ${ms(partOf(all, 0.99))} ms, most ${ms(Math.max(...all))} ms`
  })
  const idle = `without: p99 ${ms(partOf(quiet, 0.99))} ms, most ${ms(Math.max(...quiet))} ms`
  const goal = `wanted: p99 ${ms(waitMsWanted)} ms`
  process.stdout.write(`${['the longest wait by body of 60 MiB:', ...lines, ...figures, idle, goal].join('\n')}\n`)
}

function ms(value: number): string {
  return value.toFixed(0).padStart(6)
}

/** The value that a part of all stays below. */
function partOf(values: readonly number[], part: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? 0
}
