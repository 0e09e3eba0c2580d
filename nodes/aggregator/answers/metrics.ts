// Everything that is measured, as Prometheus text. The names of the OpenTelemetry conventions are still moving: they
// stand here and nowhere else. Labels are configured names; no key, user or text of a caller is ever one.
import type { Fleet } from '../fleet.ts'
import type { CountsFold, ModelCounts } from '../rollup/counts.ts'
import type { LatencyFold, LatencyMetric, TargetLatency } from '../rollup/latency.ts'
import { nodeMetrics } from './node-metrics.ts'
import { type Labels, PrometheusText } from './prometheus-text.ts'

/** Seconds. Long answers of large models take minutes. */
const secondsBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300]
const fineSecondsBuckets = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 10, 60,
]
const tokenBuckets = [1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576]
const perUs = 1e-6

const openTelemetry = {
  duration: 'gen_ai_client_operation_duration_seconds',
  tokens: 'gen_ai_client_token_usage',
  firstChunk: 'gen_ai_client_operation_time_to_first_chunk_seconds',
  serverFirstToken: 'gen_ai_server_time_to_first_token_seconds',
  serverPerToken: 'gen_ai_server_time_per_output_token_seconds',
} as const

export function metricsText(fleet: Fleet, latency: LatencyFold, counts: CountsFold): string {
  const page = new PrometheusText()
  const rows = [...counts.rows()]
  requestMetrics(page, rows, counts)
  latencyMetrics(page, [...latency.rows()])
  usageMetrics(page, rows)
  nodeMetrics(page, fleet.heartbeats())
  page.gauge(
    'headgate_inflight_requests',
    'Requests that wait for an upstream.',
    fleet.targets().map((load) => [targetLabels(load), load.inFlight]),
  )
  return page.text()
}

function requestMetrics(page: PrometheusText, rows: readonly ModelCounts[], counts: CountsFold): void {
  page.counter(
    'headgate_requests_total',
    'Finished requests by how they ended.',
    rows.flatMap((row) =>
      Object.entries(row.byStatus).map(([status, count]): [Labels, number] => [{ ...modelLabels(row), status }, count]),
    ),
  )
  page.counter('headgate_ratelimit_rejections_total', 'Requests refused by a limit.', [[{}, counts.rateLimited]])
  page.counter(
    'headgate_cache_requests_total',
    'Requests by what the cache had.',
    Object.entries(counts.cache).map(([result, count]) => [{ result: result.toLowerCase() }, count]),
  )
  page.counter('headgate_fallbacks_total', 'Requests answered by a fallback.', each(rows, 'fallbacks'))
  page.histogram(
    'headgate_http_request_duration_seconds',
    'From the last byte of a request to the last of its answer.',
    secondsBuckets,
    perUs,
    rows.map((row) => [modelLabels(row), row.duration]),
  )
  page.histogram(
    'headgate_overhead_seconds',
    'The part of it not spent waiting for upstreams.',
    fineSecondsBuckets,
    perUs,
    [[{}, counts.overhead]],
  )
}

function latencyMetrics(page: PrometheusText, rows: readonly TargetLatency[]): void {
  const firstToken = 'To the first content chunk of a stream.'
  const histogram = (name: string, help: string, metric: LatencyMetric, labels: (row: TargetLatency) => Labels): void =>
    page.histogram(
      name,
      help,
      metric === 'interToken' ? fineSecondsBuckets : secondsBuckets,
      perUs,
      rows.flatMap((row) => {
        const sketch = row[metric]
        return sketch === undefined ? [] : [[labels(row), sketch.sinceStart()]]
      }),
    )
  histogram('headgate_time_to_first_token_seconds', firstToken, 'ttft', targetLabels)
  histogram(openTelemetry.duration, 'One attempt at an upstream.', 'total', genAiLabels)
  histogram(openTelemetry.firstChunk, firstToken, 'ttft', genAiLabels)
  histogram(openTelemetry.serverFirstToken, firstToken, 'ttft', genAiLabels)
  histogram(openTelemetry.serverPerToken, 'Mean time between content chunks.', 'interToken', genAiLabels)
}

function usageMetrics(page: PrometheusText, rows: readonly ModelCounts[]): void {
  page.counter(
    'headgate_tokens_total',
    'Tokens; cached ones are part of the input.',
    rows.flatMap((row): [Labels, number][] => [
      [{ ...modelLabels(row), type: 'input' }, row.inputTokens],
      [{ ...modelLabels(row), type: 'output' }, row.outputTokens],
      [{ ...modelLabels(row), type: 'cached' }, row.cachedTokens],
    ]),
  )
  page.counter(
    'headgate_cost_usd_total',
    'What upstreams charge, by our price list.',
    rows.map((row) => [modelLabels(row), row.costNanoUsd / 1e9]),
  )
  page.counter(
    'headgate_saved_usd_total',
    'What the cache saved.',
    rows.map((row) => [modelLabels(row), row.savedNanoUsd / 1e9]),
  )
  page.histogram(
    openTelemetry.tokens,
    'Tokens of one request.',
    tokenBuckets,
    1,
    rows.flatMap((row): [Labels, ModelCounts['inputSizes']][] => [
      [{ ...genAiModelLabels(row), gen_ai_token_type: 'input' }, row.inputSizes],
      [{ ...genAiModelLabels(row), gen_ai_token_type: 'output' }, row.outputSizes],
    ]),
  )
}

function each(rows: readonly ModelCounts[], field: 'fallbacks'): [Labels, number][] {
  return rows.map((row) => [modelLabels(row), row[field]])
}

function modelLabels({ model, provider }: { model: string; provider: string }): Labels {
  return { model, provider }
}

function targetLabels({ model, provider, target }: { model: string; provider: string; target: string }): Labels {
  return { model, provider, target }
}

function genAiLabels({ provider, target }: TargetLatency): Labels {
  return { gen_ai_provider_name: provider, gen_ai_request_model: target }
}

function genAiModelLabels({ model, provider }: ModelCounts): Labels {
  return { gen_ai_provider_name: provider, gen_ai_request_model: model }
}
