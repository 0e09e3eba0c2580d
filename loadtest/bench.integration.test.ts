import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { formatReport, hasFailed } from './report.ts'
import { runBench } from './run-bench.ts'

const missing = ['nginx', 'openssl'].filter((name) => !isThere(name))

// Everything that the long run does, once and briefly: that figures come out, that bytes and counts are right. How fast
// anything is cannot be seen in a second on a machine that runs other tests.
test.skipIf(process.platform !== 'linux' || missing.length > 0)(
  `a tiny bench gives figures, with equal bytes and equal usage${missing.length > 0 ? ` (needs ${missing.join(', ')})` : ''}`,
  async () => {
    const outcome = await runBench({
      tiny: true,
      scenarios: ['S1', 'S3', 'S5', 'S8', 'S10', 'S13', 'latency'],
      rounds: 1,
      seconds: 1,
      soakMinutes: 0,
      portkey: true,
      seed: 1,
      progress: () => {},
    })
    const report = formatReport(outcome)
    expect(outcome.failures, report).toEqual([])
    const troubles = [...outcome.ratios, ...outcome.rejects]
      .flatMap(({ rounds }) => rounds.flatMap(({ windows }) => windows))
      .flatMap(({ subject, trouble }) => (trouble === undefined ? [] : [`${subject}: ${trouble}`]))
    expect(troubles, report).toEqual([])
    expect(outcome.ratios.map(({ scenario, bodyDiffers }) => [scenario.id, bodyDiffers.includes('headgate')])).toEqual([
      ['S1', false],
      ['S3', false],
      ['S5', false],
      ['S13', false],
    ])
    expect(outcome.rejects).toHaveLength(4)
    expect(outcome.ratios[0]?.toNginx.micros['headgate']).toBeGreaterThan(0)
    expect(outcome.openStreams).toMatchObject({ idle: { open: 100, completed: 100 } })
    expect(outcome.latency?.loaded.map(({ trouble }) => trouble)).toEqual([undefined, undefined, undefined, undefined])
    const { recorded, reached, inputTokens } = outcome.usage
    expect(recorded, report).toBe(reached)
    expect(inputTokens).toBeGreaterThan(0)
    expect(hasFailed(outcome), report).toBe(false)
    expect(report).toContain(`usage: ${reached} requests recorded`)
  },
  // It works for all of its time: on a machine that others use it takes as long as they leave it.
  600_000,
)

function isThere(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name} || command -v /usr/sbin/${name}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
