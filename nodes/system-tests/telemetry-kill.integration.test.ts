// SIGKILL at any moment, of the process that writes usage and counts it, and then of its successor: the sums are what the
// dead ones said they had let go, to the request.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { decodeJson, encodeJson, subjects } from '../../cluster/bus/bus.ts'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import { systemClock } from '../../shared/clock.ts'
import { startAggregator } from '../aggregator/main.ts'
import { bootEpoch, Recorder } from '../proxy/telemetry/recorder.ts'

const child = fileURLToPath(new URL('./telemetry-kill-child.fixture.ts', import.meta.url))

test('usage is exact after the process that writes and counts it was killed three times', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'headgate-kill-'))
  try {
    let least = 0
    for (const [role, afterMs] of [
      ['proxy', 250],
      ['all', 1_300],
      ['all', 700],
    ] as const) {
      least += await runAndKill(dataDir, role, afterMs)
    }
    const { requests, costUsd } = await countAll(dataDir, least)
    // The last turn of each may have reached the spool before its line reached us.
    expect(least).toBeGreaterThan(300)
    expect(requests).toBeGreaterThanOrEqual(least)
    expect(requests).toBeLessThanOrEqual(least + 3 * 4)
    expect(Math.round(costUsd * 1e9)).toBe(requests)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
})

/** How many requests the child said it had let go before it was killed. */
async function runAndKill(dataDir: string, role: 'proxy' | 'all', afterMs: number): Promise<number> {
  const running = spawn(process.execPath, ['--no-warnings', child, dataDir, role], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await firstLine(running)
  await new Promise((resume) => setTimeout(resume, afterMs))
  running.kill('SIGKILL')
  await once(running, 'close')
  const lines = output.split('\n').slice(0, -1)
  return Number(lines.at(-1))
}

async function firstLine(running: ChildProcess): Promise<void> {
  await Promise.race([
    once(running.stdout!, 'data'),
    once(running, 'exit').then(() => {
      throw new Error('the child ended before it recorded anything')
    }),
  ])
}

/** A successor takes up what the dead left; the count stands still once all is delivered. */
async function countAll(dataDir: string, least: number): Promise<{ requests: number; costUsd: number }> {
  const bus = new LocalBus()
  const notify = (): void => {}
  const aggregator = startAggregator({
    dataDir,
    bus,
    clock: systemClock,
    notify,
    node: 'aggregator-1',
    ledgerKeys: [new Uint8Array(32)],
  })
  const epoch = bootEpoch(systemClock, Math.random)
  const recorder = new Recorder({ node: 'proxy-1', epoch, dataDir, bus, clock: systemClock, notify })
  recorder.start()
  try {
    let counted = { requests: 0, costUsd: 0 }
    for (let still = 0; still < 8; ) {
      await new Promise((resume) => setTimeout(resume, 100))
      const answer = await bus.request(subjects.aggregatorQuery, encodeJson({ type: 'usage', groupBy: [] }), 5_000)
      if (!answer.ok) throw new Error(JSON.stringify(answer.error))
      const { rows } = decodeJson(answer.value) as { rows: [{ requests: number; costUsd: number }] }
      still = rows[0].requests === counted.requests && counted.requests >= least ? still + 1 : 0
      counted = rows[0]
    }
    return counted
  } finally {
    await recorder.close()
    aggregator.close()
    bus.close()
  }
}
