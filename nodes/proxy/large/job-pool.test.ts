// Which job begins when, and what becomes of jobs whose process ends.
import { expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { Job, JobOwner } from './job.ts'
import { idleMs, type JobProcess, type JobProcessEvents, jobMsMax } from './job-desk.ts'
import { JobPool } from './job-pool.ts'
import type { JobQuestion } from './serve-jobs.ts'

/** A process that a test plays. */
class PlayedProcess implements JobProcess {
  readonly events: JobProcessEvents
  readonly asked: JobQuestion[] = []
  isClosed = false
  isKilled = false
  onSent: () => void = () => {}

  constructor(events: JobProcessEvents) {
    this.events = events
  }

  send(question: JobQuestion, _bodies: unknown, onSent: () => void): void {
    this.asked.push(question)
    this.onSent = onSent
  }

  reply(told: unknown = 'told'): void {
    this.events.onReply({ type: 'done', told }, [])
  }

  close(): void {
    this.isClosed = true
  }

  kill(): void {
    this.isKilled = true
  }
}

const job: Job<string, string> = { name: 'a job', run: () => ({ told: '', bodies: [] }) }
const large = [new Uint8Array(5 << 20)]

function pool(processesMax = 2) {
  const clock = new ManualClock()
  const processes: PlayedProcess[] = []
  const notices: Notice[] = []
  const made = new JobPool({
    processesMax,
    clock,
    notify: (notice) => notices.push(notice),
    open(events) {
      const process = new PlayedProcess(events)
      processes.push(process)
      return process
    },
  })
  const heads = () => processes.flatMap(({ asked }) => asked.map(({ head }) => head))
  const run = (head: string, team = 'a', bodies: Uint8Array[][] = [[Buffer.from('body')]]) =>
    made.run(job, { head, bodies, owner: { team, keyId: `${team}-key` } })
  return { clock, processes, notices, pool: made, heads, run }
}

test('no process begins before there is a job', () => {
  expect(pool().processes).toEqual([])
})

test('a process does one job after the other', async () => {
  const { processes, run, heads } = pool(1)
  const [first, second] = [run('1'), run('2')]
  expect(heads()).toEqual(['1'])
  processes[0]?.reply('one')
  expect(heads()).toEqual(['1', '2'])
  processes[0]?.reply('two')
  expect(await first.result).toEqual({ ok: true, value: { told: 'one', bodies: [] } })
  expect(await second.result).toMatchObject({ value: { told: 'two' } })
  expect(processes).toHaveLength(1)
})

test('a team has all processes for short jobs, and one less for long ones', () => {
  const short = pool(2)
  for (const head of ['1', '2', '3']) short.run(head)
  expect(short.heads()).toEqual(['1', '2'])
  const long = pool(2)
  for (const head of ['1', '2', '3']) long.run(head, 'a', [large])
  expect(long.heads()).toEqual(['1'])
  long.run('of another', 'b', [large])
  expect(long.heads()).toEqual(['1', 'of another'])
})

test('where there is one process, long jobs have it too', () => {
  const { run, heads } = pool(1)
  run('1', 'a', [large])
  expect(heads()).toEqual(['1'])
})

test('the jobs of a team that has many wait for those of another', () => {
  const { run, heads, processes } = pool(1)
  for (let n = 0; n < 5; n++) run(`a${n}`)
  run('b', 'b')
  processes[0]?.reply()
  processes[0]?.reply()
  expect(heads()).toEqual(['a0', 'b', 'a1'])
})

test('a job more than may wait is refused, and one that is paid for is not', async () => {
  const { run, pool: made } = pool(1)
  for (let n = 0; n < 65; n++) run(String(n))
  expect(await run('one more').result).toEqual({ ok: false, error: { type: 'too-busy', retryAfterMs: 1_000 } })
  const owner: JobOwner = { team: 'a', keyId: 'a-key' }
  const paid = made.run(job, { head: 'paid', bodies: [], owner, isPaid: true })
  expect(await Promise.race([paid.result, 'waits'])).toBe('waits')
})

test('a process that ends fails its job alone, and is replaced', async () => {
  const { run, processes, heads, notices } = pool(1)
  const [first, second] = [run('1'), run('2')]
  processes[0]?.events.onEnd('signal SIGABRT', true)
  expect(await first.result).toEqual({ ok: false, error: { type: 'too-complex' } })
  expect(notices).toMatchObject([{ type: 'warning', message: expect.stringContaining('signal SIGABRT') }])
  expect(heads()).toEqual(['1', '2'])
  processes[1]?.reply()
  expect(await second.result).toMatchObject({ ok: true })
})

test('where no process can begin, the job may be tried again', async () => {
  const { run, processes, notices } = pool(1)
  const asked = run('1')
  processes[0]?.events.onEnd('spawn EAGAIN', false)
  expect(await asked.result).toMatchObject({ error: { type: 'too-busy' } })
  expect(notices).toMatchObject([{ message: expect.stringContaining('could not begin') }])
})

test('a job that takes too long ends with its process', async () => {
  const { run, processes, clock, heads } = pool(1)
  const asked = run('1')
  run('2')
  clock.advance(jobMsMax)
  expect(await asked.result).toEqual({ ok: false, error: { type: 'too-complex' } })
  expect(processes[0]?.isKilled).toBe(true)
  expect(heads()).toEqual(['1', '2'])
  processes[0]?.events.onEnd('signal SIGKILL', true)
  processes[1]?.reply()
})

test('a job that throws fails alone, and the operator is told', async () => {
  const { run, processes, notices } = pool(1)
  const asked = run('1')
  processes[0]?.events.onReply({ type: 'threw', message: 'out of luck' }, [])
  expect(await asked.result).toEqual({ ok: false, error: { type: 'internal' } })
  expect(notices).toMatchObject([{ type: 'handler-threw', message: 'out of luck' }])
})

test('a process without a job ends after a while, and the next job has another', () => {
  const { run, processes, clock } = pool(1)
  run('1')
  processes[0]?.reply()
  clock.advance(idleMs - 1)
  expect(processes[0]?.isClosed).toBe(false)
  clock.advance(1)
  expect(processes[0]?.isClosed).toBe(true)
  run('2')
  expect(processes).toHaveLength(2)
})

test('a job that nobody waits for any more is not begun', () => {
  const { run, processes, heads } = pool(1)
  run('1')
  run('2').cancel()
  run('3')
  processes[0]?.reply()
  expect(heads()).toEqual(['1', '3'])
})

test('the bytes of a job are held until they are sent, although nobody waits any more', () => {
  const { pool: made, processes } = pool(1)
  const held: string[] = []
  const hold = { sending: () => held.push('sending'), sent: () => held.push('sent') }
  const owner: JobOwner = { team: 'a', keyId: 'a-key' }
  made.run(job, { head: '1', bodies: [], owner, hold }).cancel()
  expect(held).toEqual(['sending'])
  processes[0]?.onSent()
  expect(held).toEqual(['sending', 'sent'])
  processes[0]?.reply()
  expect(held).toEqual(['sending', 'sent'])
})

test('a process that ends before it has the bytes lets them go', () => {
  const { pool: made, processes } = pool(1)
  const held: string[] = []
  const hold = { sending: () => held.push('sending'), sent: () => held.push('sent') }
  void made.run(job, { head: '1', bodies: [], owner: { team: 'a', keyId: 'k' }, hold })
  processes[0]?.events.onEnd('signal SIGKILL', true)
  expect(held).toEqual(['sending', 'sent'])
})

test('a pool that is closed ends its processes and takes no job', async () => {
  const { run, pool: made, processes } = pool(1)
  run('1')
  made.close()
  expect(processes[0]?.isKilled).toBe(true)
  expect(await run('2').result).toMatchObject({ error: { type: 'too-busy' } })
})
