// A pool over real processes: what one costs, what ends with it, and that nothing takes the proxy with it.
import { afterEach, describe, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { Job } from './job.ts'
import { idleMs, jobMsMax } from './job-desk.ts'
import type { JobPool } from './job-pool.ts'
import { echo, exit, facts, fault, overflow, parse, spin } from './job-process.fixture.ts'
import { openJobs } from './open-jobs.ts'

const script = new URL('./job-process.fixture.ts', import.meta.url)
const pools: JobPool[] = []

afterEach(() => {
  for (const pool of pools.splice(0)) pool.close()
})

function opened(bodyProcesses = 1) {
  const clock = new ManualClock()
  const notices: Notice[] = []
  const settings = { bodyProcesses, bodyProcessBytes: 64 << 20, memoryBytesMax: undefined }
  const pool = openJobs({ settings, script, clock, notify: (notice) => void notices.push(notice) })
  pools.push(pool)
  const run = <Told>(job: Job<undefined, Told>, body = '') =>
    pool.run(job, { head: undefined, bodies: [[Buffer.from(body)]], owner: { keyId: 'key_1', team: 'a' } }).result
  const factsOf = async () => {
    const found = await run(facts)
    if (!found.ok) throw new Error(found.error.type)
    return found.value.told
  }
  return { clock, notices, pool, run, factsOf }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a process has no environment, and a heap of the size that is set', async () => {
  const { environment, flags, pid } = await opened().factsOf()
  expect(environment).toEqual([])
  expect(flags).toContain('--max-old-space-size=64')
  expect(pid).not.toBe(process.pid)
})

test('bodies of any size go and come back as they are', async () => {
  const { pool } = opened()
  const bodies = [0, 1, 70_000, 20 << 20].map((length) => Buffer.alloc(length, 'ab€'))
  const pieces = bodies.map((body) => [body.subarray(0, 9), body.subarray(9)])
  const given = await pool.run(echo, { head: 'é', bodies: pieces, owner: { keyId: 'k', team: 'a' } }).result
  expect(given.ok && given.value.told).toBe('é')
  expect(given.ok && given.value.bodies.map((one) => Buffer.concat(one).equals(Buffer.from('')))).toHaveLength(4)
  const back = given.ok ? given.value.bodies.map((one) => Buffer.concat(one)) : []
  expect(back.map((body, n) => body.equals(bodies[n] ?? body.subarray(1)))).toEqual([true, true, true, true])
})

describe('a job that', () => {
  const large = `[${'{"a":1},'.repeat(3 << 20)}{}]`

  test('needs more memory than it may have ends alone, within a native function as well', async () => {
    const { run, notices, factsOf } = opened()
    const first = await factsOf()
    const [outcome, after] = await Promise.all([run(parse, large), run(parse, '[1,2]')])
    expect(outcome).toEqual({ ok: false, error: { type: 'too-complex' } })
    expect(after).toMatchObject({ ok: true, value: { told: 2 } })
    expect((await factsOf()).pid).not.toBe(first.pid)
    expect(notices).toMatchObject([{ type: 'warning', message: expect.stringContaining('its request fails') }])
  })

  test('ends its process is the only one that fails', async () => {
    const { run, notices } = opened()
    const [outcome, after] = await Promise.all([run(exit), run(parse, '[1]')])
    expect(outcome).toEqual({ ok: false, error: { type: 'too-complex' } })
    expect(after).toMatchObject({ ok: true })
    expect(notices).toMatchObject([{ message: expect.stringContaining('exit code 7') }])
  })

  test('nests too deeply for the language, or throws, leaves its process as it is', async () => {
    const { run, notices, factsOf } = opened()
    const { pid } = await factsOf()
    expect(await run(overflow)).toEqual({ ok: false, error: { type: 'too-complex' } })
    expect(await run(fault)).toEqual({ ok: false, error: { type: 'internal' } })
    expect(notices).toMatchObject([{ type: 'handler-threw', message: expect.stringContaining('a fault of ours') }])
    expect((await factsOf()).pid).toBe(pid)
  })

  test('takes too long is ended with its process', async () => {
    const { run, clock, factsOf } = opened()
    const { pid } = await factsOf()
    const outcome = run(spin)
    clock.advance(jobMsMax)
    expect(await outcome).toEqual({ ok: false, error: { type: 'too-complex' } })
    await expect.poll(() => isAlive(pid)).toBe(false)
    expect((await factsOf()).pid).not.toBe(pid)
  })
})

test('a process without a job ends after a while, and with the pool in any case', async () => {
  const { clock, factsOf, pool } = opened()
  const first = await factsOf()
  clock.advance(idleMs)
  await expect.poll(() => isAlive(first.pid)).toBe(false)
  const second = await factsOf()
  pool.close()
  await expect.poll(() => isAlive(second.pid)).toBe(false)
})

test('a script that cannot begin is told as an overload, not as a fault of the body', async () => {
  const notices: Notice[] = []
  const settings = { bodyProcesses: 1, bodyProcessBytes: 64 << 20, memoryBytesMax: undefined }
  const missing = new URL('./no-such-script.ts', import.meta.url)
  const pool = openJobs({
    settings,
    script: missing,
    clock: new ManualClock(),
    notify: (one) => void notices.push(one),
  })
  pools.push(pool)
  const outcome = await pool.run(facts, { head: undefined, bodies: [], owner: { keyId: 'k', team: 'a' } }).result
  expect(outcome).toMatchObject({ ok: false, error: { type: 'too-busy' } })
  expect(notices).toMatchObject([{ message: expect.stringContaining('could not begin') }])
})
