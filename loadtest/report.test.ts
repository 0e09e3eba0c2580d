import { expect, test } from 'vitest'
import type { Comparison } from './measure/rounds.ts'
import { formatReport, hasFailed, ratioVerdict, rejectVerdict, usageVerdict } from './report.ts'
import type { BenchOutcome, UsageCheck } from './run-bench.ts'
import { ratioScenarios, rejectScenarios } from './scenarios/catalogue.ts'
import type { RatioOutcome } from './scenarios/ratios.ts'

const gated = ratioScenarios[1]!
const reject = rejectScenarios[0]!

function comparison(median: number | undefined): Comparison {
  const ratio =
    median === undefined ? undefined : { median, min: median, max: median, interval: { low: median, high: median } }
  return {
    micros: { headgate: 20, nginx: 10, portkey: 900, rejected: 5 },
    ratio,
    validRounds: 5,
    rejected: { noise: 2 },
  }
}

function ratioRow(toNginx: number | undefined, change: Partial<RatioOutcome> = {}): RatioOutcome {
  const row = { scenario: gated, portkeyToOurs: comparison(45), bodyDiffers: [], rounds: [] }
  return { ...row, toNginx: comparison(toNginx), ...change }
}

function outcomeOf(change: Partial<BenchOutcome>): BenchOutcome {
  const facts = { cpu: 'a CPU', cores: 2, kernel: '6', commit: 'abc', versions: {} }
  const usage = { reached: 10, answered: 10, recorded: 10, inputTokens: 1, outputTokens: 1 }
  const nothing = { latency: undefined, openStreams: undefined, soak: undefined, cluster: undefined }
  const none = { ratios: [], rejects: [], failures: [], ...nothing }
  return { facts, engine: 'wrk', options: { tiny: false, rounds: 5, seconds: 3, seed: 1 }, usage, ...none, ...change }
}

test.each<[string, RatioOutcome, string]>([
  ['a ratio within its gate passes', ratioRow(2), 'pass'],
  ['a ratio above its gate fails', ratioRow(4), 'FAIL'],
  ['too few rounds decide nothing', ratioRow(undefined), 'noisy'],
  ['too near to Portkey fails', ratioRow(2, { portkeyToOurs: comparison(11) }), 'FAIL'],
  ['a run without Portkey is judged without it', ratioRow(2, { portkeyToOurs: undefined }), 'pass'],
  ['other bytes fail whatever they cost', ratioRow(2, { bodyDiffers: ['headgate'] }), 'FAIL'],
  ["a peer's other bytes are its own affair", ratioRow(2, { bodyDiffers: ['portkey'] }), 'pass'],
])('%s', (_name, row, verdict) => {
  expect(ratioVerdict(row)).toBe(verdict)
})

test('a reject is judged by its share of the own answer', () => {
  const verdicts = [0.3, 0.6, undefined].map((median) =>
    rejectVerdict({ scenario: reject, toOwnSmall: comparison(median), rounds: [] }),
  )
  expect(verdicts).toEqual(['pass', 'FAIL', 'noisy'])
})

test.each<[Partial<UsageCheck>, boolean, string]>([
  [{ recorded: 10 }, true, 'pass'],
  [{ recorded: 10, answered: 9 }, true, 'pass'],
  [{ recorded: 9, answered: 9 }, true, 'FAIL'],
  [{ recorded: 9, answered: 8 }, false, 'pass'],
  [{ recorded: 7, answered: 8 }, false, 'FAIL'],
  [{ recorded: 11 }, false, 'FAIL'],
])('usage %o, tiny: %s', (usage, tiny, verdict) => {
  const outcome = outcomeOf({ options: { tiny, rounds: 1, seconds: 1, seed: 1 } })
  expect(usageVerdict({ ...outcome, usage: { ...outcome.usage, ...usage } })).toBe(verdict)
})

test('a tiny run does not fail for its speed, and a full one does', () => {
  const slow = outcomeOf({ ratios: [ratioRow(9)] })
  expect(hasFailed(slow)).toBe(true)
  expect(hasFailed({ ...slow, options: { ...slow.options, tiny: true } })).toBe(false)
})

test('the report names figures, rejected rounds and what could not run', () => {
  const ratios = [ratioRow(2.34)]
  const text = formatReport(outcomeOf({ ratios, failures: ['S4 streams: broken'] }))
  expect(text).toMatch(/S1 +300 B, c=32 +request +20\.0 +10\.0 +2\.34x .* 900\.0 +45\.0x/)
  expect(text).toContain('rejected 2 of S1 300 B, c=32: noise')
  expect(text).toContain('could not run S4 streams: broken')
  expect(text).toContain('10 reached the mock through Headgate, 10 were answered whole: pass')
})
