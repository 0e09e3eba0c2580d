// The table that a run prints, and its verdicts.

import type { Comparison, Ratio } from './measure/rounds.ts'
import type { BenchOutcome, UsageCheck } from './run-bench.ts'
import { type ClusterOutcome, clusterGate } from './scenarios/cluster.ts'
import type { LatencyOutcome } from './scenarios/latency.ts'
import { type OpenStreamsOutcome, openStreamGates, openStreamsHold } from './scenarios/open-streams.ts'
import type { RatioOutcome } from './scenarios/ratios.ts'
import type { RejectOutcome } from './scenarios/rejects.ts'
import type { SoakOutcome } from './scenarios/soak.ts'

export type Verdict = 'pass' | 'FAIL' | 'noisy' | 'info'

/** True when something that is judged does not hold. A tiny run judges bytes and counts, not speed. */
export function hasFailed(outcome: BenchOutcome): boolean {
  if (outcome.failures.length > 0 || usageVerdict(outcome) === 'FAIL') return true
  if (outcome.ratios.some(({ bodyDiffers }) => bodyDiffers.includes('headgate'))) return true
  if (outcome.options.tiny) return false
  const verdicts = [...outcome.ratios.map(ratioVerdict), ...outcome.rejects.map(rejectVerdict)]
  if (outcome.openStreams !== undefined && !openStreamsHold(outcome.openStreams)) return true
  if (outcome.cluster !== undefined && clusterVerdict(outcome.cluster) === 'FAIL') return true
  if (outcome.soak !== undefined && soakVerdict(outcome.soak) === 'FAIL') return true
  return verdicts.includes('FAIL')
}

export function formatReport(outcome: BenchOutcome): string {
  const parts = [
    formatFacts(outcome),
    outcome.ratios.length === 0
      ? ''
      : formatTable(
          ratioHeader,
          outcome.ratios.map((row) => ratioRow(row, outcome.options)),
        ),
    outcome.rejects.length === 0
      ? ''
      : formatTable(
          rejectHeader,
          outcome.rejects.map((row) => rejectRow(row, outcome.options)),
        ),
    outcome.latency === undefined ? '' : formatLatency(outcome.latency),
    outcome.openStreams === undefined ? '' : formatOpenStreams(outcome.openStreams, outcome.options),
    outcome.soak === undefined ? '' : formatSoak(outcome.soak),
    outcome.cluster === undefined ? '' : formatCluster(outcome.cluster, outcome.options),
    formatRejections(outcome),
    formatUsage(outcome),
    ...outcome.failures.map((failure) => `could not run ${failure}`),
  ]
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`
}

export function ratioVerdict({ scenario, toNginx, portkeyToOurs, bodyDiffers }: RatioOutcome): Verdict {
  if (bodyDiffers.includes('headgate')) return 'FAIL'
  const { gate, portkeyGate } = scenario
  if (gate === undefined) return 'info'
  if (toNginx.ratio === undefined) return 'noisy'
  if (toNginx.ratio.median > gate) return 'FAIL'
  if (portkeyGate === undefined || portkeyToOurs === undefined) return 'pass'
  if (portkeyToOurs.ratio === undefined) return 'noisy'
  return portkeyToOurs.ratio.median < portkeyGate ? 'FAIL' : 'pass'
}

export function rejectVerdict({ scenario, toOwnSmall: { ratio } }: RejectOutcome): Verdict {
  if (ratio === undefined) return 'noisy'
  return ratio.median <= scenario.gate ? 'pass' : 'FAIL'
}

/** wrk cuts what is open when its time is over: such a request may or may not have reached an attempt. */
export function usageVerdict({ usage, options }: Pick<BenchOutcome, 'usage' | 'options'>): Verdict {
  const { reached, answered, recorded } = usage
  if (options.tiny) return recorded === reached ? 'pass' : 'FAIL'
  return recorded >= answered && recorded <= reached ? 'pass' : 'FAIL'
}

export function clusterVerdict({ toEmbedded: { ratio } }: ClusterOutcome): Verdict {
  if (ratio === undefined) return 'noisy'
  return ratio.median <= clusterGate ? 'pass' : 'FAIL'
}

const slopeMbPerMinuteMax = 2

export function soakVerdict({ mbPerMinute, troubles }: SoakOutcome): Verdict {
  return mbPerMinute < slopeMbPerMinuteMax && troubles === 0 ? 'pass' : 'FAIL'
}

function formatFacts({ facts, engine, options }: BenchOutcome): string {
  const versions = Object.entries(facts.versions).map(([name, version]) => `${name} ${version}`)
  return `Headgate bench, commit ${facts.commit}
${facts.cpu}, ${facts.cores} cores, Linux ${facts.kernel}; ${versions.join(', ')}
${options.rounds} rounds of windows of at least ${options.seconds} s, load by ${engine}, seed ${options.seed}${options.tiny ? '; TINY: figures are not measurements' : ''}
CPU of the whole process group, every policy on, medians over valid rounds`
}

const ratioHeader = [
  '',
  'scenario',
  'unit',
  'ours µs',
  'nginx µs',
  'ratio',
  '[min–max]',
  '95 % CI',
  'Portkey µs',
  'Portkey/ours',
  'rounds',
  'gate',
  '',
]

function ratioRow(outcome: RatioOutcome, { tiny }: { tiny: boolean }): string[] {
  const { scenario, toNginx, portkeyToOurs, rounds } = outcome
  return [
    scenario.id,
    scenario.title,
    scenario.chunks === undefined ? 'request' : 'chunk',
    figure(toNginx.micros['headgate']),
    figure(toNginx.micros['nginx']),
    ...ratioCells(toNginx.ratio),
    figure(portkeyToOurs?.micros['portkey']),
    portkeyToOurs?.ratio === undefined ? '–' : `${portkeyToOurs.ratio.median.toFixed(1)}x`,
    `${toNginx.validRounds}/${rounds.length}`,
    scenario.gate === undefined ? '–' : `${scenario.gate}${scenario.portkeyGate ? `, ${scenario.portkeyGate}x` : ''}`,
    tiny ? '' : ratioVerdict(outcome),
  ]
}

const rejectHeader = ['', 'reject', 'ours µs', 'own S1 µs', 'ratio', '[min–max]', '95 % CI', 'rounds', 'gate', '']

function rejectRow(outcome: RejectOutcome, { tiny }: { tiny: boolean }): string[] {
  const { scenario, toOwnSmall, rounds } = outcome
  const micros = [figure(toOwnSmall.micros['rejected']), figure(toOwnSmall.micros['headgate'])]
  const valid = `${toOwnSmall.validRounds}/${rounds.length}`
  const cells = ratioCells(toOwnSmall.ratio)
  return [
    scenario.id,
    scenario.title,
    ...micros,
    ...cells,
    valid,
    `${scenario.gate}`,
    tiny ? '' : rejectVerdict(outcome),
  ]
}

function ratioCells(ratio: Ratio | undefined): [string, string, string] {
  if (ratio === undefined) return ['–', '', '']
  const { min, max, interval } = ratio
  const range = (low: number, high: number) => `${low.toFixed(2)}–${high.toFixed(2)}`
  return [`${ratio.median.toFixed(2)}x`, `[${range(min, max)}]`, range(interval.low, interval.high)]
}

function formatLatency({ added, capacityPerSecond, loaded }: LatencyOutcome): string {
  const above = (value: number, resolution: number) =>
    value < resolution ? 'below resolution' : `+${value.toFixed(0)} µs`
  const addedRows = added.map(({ title, subject, p50, p99, resolution }) => [
    title,
    subject,
    above(p50, resolution.p50),
    above(p99, resolution.p99),
    `${resolution.p50.toFixed(0)} / ${resolution.p99.toFixed(0)} µs`,
  ])
  const loadedRows = loaded.map(({ profile, share, ratePerSecond, latency, late, trouble }) => [
    `${(share * 100).toFixed(0)} %, ${profile}`,
    ratePerSecond.toFixed(0),
    ...[latency.p50, latency.p90, latency.p99, latency.p999, latency.max].map((value) => value.toFixed(0)),
    `${late} of ${latency.count}`,
    trouble ?? '',
  ])
  return `${formatTable(['added at c=1', 'by', 'p50', 'p99', 'resolution p50 / p99'], addedRows)}

Open loop, latency in µs from the intended time; capacity ${capacityPerSecond.toFixed(0)}/s as this generator finds it
${formatTable(['load', 'per second', 'p50', 'p90', 'p99', 'p99.9', 'max', 'sent late', ''], loadedRows)}`
}

function formatOpenStreams(outcome: OpenStreamsOutcome, { tiny }: { tiny: boolean }): string {
  const { size, idle, stopped } = outcome
  const { idleKbMax, stoppedKbMax } = openStreamGates
  return `S10 ${idle.open} of ${size.idle} idle streams open: ${idle.kbPerStream.toFixed(1)} KB each (gate ${idleKbMax}), ${(idle.cpuShare * 100).toFixed(1)} % of a core, ${idle.completed} came to their end
S10 ${size.stopped} readers that stopped: ${stopped.kbPerStream.toFixed(1)} KB each (gate ${stoppedKbMax}), ${(stopped.kbTotal / 1_024).toFixed(0)} MB together${tiny ? '' : `\nS10 ${openStreamsHold(outcome) ? 'pass' : 'FAIL'}`}`
}

function formatSoak(outcome: SoakOutcome): string {
  const { ratePerSecond, samples, mbPerMinute, descriptorsGrown, p99Drift, troubles } = outcome
  return `S15 ${samples.length} minutes at ${ratePerSecond.toFixed(0)}/s and mixed work: ${mbPerMinute.toFixed(2)} MB/min over the second half (gate ${slopeMbPerMinuteMax}), descriptors ${descriptorsGrown >= 0 ? '+' : ''}${descriptorsGrown}, p99 x ${p99Drift.toFixed(2)}, ${troubles} minutes with errors: ${soakVerdict(outcome)}`
}

function formatCluster(outcome: ClusterOutcome, { tiny }: { tiny: boolean }): string {
  const { toEmbedded, rounds } = outcome
  const micros = [figure(toEmbedded.micros['headgate-cluster']), figure(toEmbedded.micros['headgate'])]
  const valid = `${toEmbedded.validRounds}/${rounds.length}`
  const row = ['S1, c=32', ...micros, ...ratioCells(toEmbedded.ratio), valid, `${clusterGate}`]
  const header = ['cluster', 'proxy µs', 'embedded µs', 'ratio', '[min–max]', '95 % CI', 'rounds', 'gate', '']
  return formatTable(header, [[...row, tiny ? '' : clusterVerdict(outcome)]])
}

/** A run that hides how many rounds it threw away says little. */
function formatRejections({ ratios, rejects, cluster }: BenchOutcome): string {
  const all: [string, Comparison | undefined][] = [
    ...ratios.map(({ scenario, toNginx }): [string, Comparison] => [`${scenario.id} ${scenario.title}`, toNginx]),
    ...ratios.map(({ scenario, portkeyToOurs }): [string, Comparison | undefined] => [
      `${scenario.id} ${scenario.title}, Portkey`,
      portkeyToOurs,
    ]),
    ...rejects.map(({ scenario, toOwnSmall }): [string, Comparison] => [
      `${scenario.id} ${scenario.title}`,
      toOwnSmall,
    ]),
    ['cluster', cluster?.toEmbedded],
  ]
  const lines = all.flatMap(([title, comparison]) =>
    Object.entries(comparison?.rejected ?? {}).map(([reason, count]) => `rejected ${count} of ${title}: ${reason}`),
  )
  const bodies = ratios
    .filter(({ bodyDiffers }) => bodyDiffers.length > 0)
    .map(
      ({ scenario, bodyDiffers }) =>
        `body differs from the mock's: ${scenario.id} ${scenario.title}: ${bodyDiffers.join(', ')}`,
    )
  return [...lines, ...bodies].join('\n')
}

function formatUsage(outcome: BenchOutcome): string {
  const { reached, answered, recorded, inputTokens, outputTokens }: UsageCheck = outcome.usage
  return `usage: ${recorded} requests recorded (${inputTokens} input, ${outputTokens} output tokens); ${reached} reached the mock through Headgate, ${answered} were answered whole: ${usageVerdict(outcome)}`
}

function figure(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(1)
}

function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return all.map(line).join('\n')
}
