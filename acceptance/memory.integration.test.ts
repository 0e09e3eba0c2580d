// How much memory one command takes that nobody uses yet: the whole installation, started as `npm start` does it.
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { cpuMsOfGroup, readGroup } from '../loadtest/measure/process-group.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { sleep, until } from './until.ts'

const memoryMbMax = 150
const canMeasure = existsSync('/proc/self/smaps_rollup')

test.skipIf(!canMeasure)(`an idle installation takes at most ${memoryMbMax} MB`, async () => {
  const gateway = await startGateway()
  try {
    await until(() => /^curl /m.test(gateway.output()), 10_000)
    await askOnce(gateway)
    await until(() => isIdle(gateway), 30_000)
    const { pssKb, residentKb, processes } = readGroup(gateway.pid)
    // The pages of Node itself are shared with this test run, so the proportional size alone would say too little.
    process.stdout.write(
      `idle: ${Math.round(residentKb / 1024)} MB resident, ${Math.round(pssKb / 1024)} MB shared out\n`,
    )
    expect(processes).toBe(1)
    expect(residentKb / 1024).toBeGreaterThan(20)
    expect(residentKb / 1024).toBeLessThanOrEqual(memoryMbMax)
  } finally {
    await gateway.stop()
  }
})

/** A request and a look at the console, as a newcomer does. */
async function askOnce({ base, control, output }: Gateway): Promise<void> {
  const key = /^ +Key +(\S+)/m.exec(output())?.[1] ?? ''
  const body = { model: 'demo/echo', messages: [{ role: 'user', content: 'Hello, Headgate!' }] }
  const told = await ask(`${base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${key}` })
  expect(told.status).toBe(200)
  expect((await fetch(control)).ok).toBe(true)
}

/** Timers go on: under 5 % of one core it waits for somebody. */
async function isIdle({ pid }: Gateway): Promise<boolean> {
  const before = cpuMsOfGroup(pid)
  await sleep(1_000)
  return cpuMsOfGroup(pid) - before <= 50
}
