// All metrics as Prometheus text. The names of the OpenTelemetry conventions still change, so they stand only here.
// Labels are configured names, never a key, a user or text of a caller.
import { Measures } from '../measures.ts'
import type { NodeHeartbeat, TargetLoad } from '../records.ts'
import { nodeMetrics } from './node-metrics.ts'
import { type Labels, PrometheusText } from './prometheus-text.ts'
import { type Published, sloMetrics } from './slo-metrics.ts'

/** Buckets in seconds, few, because there is a series for each of them and for each model. Long answers take minutes. */
const secondsBuckets = [0.1, 0.5, 1, 2.5, 10, 30, 120]
const firstTokenBuckets = [0.25, 1, 2.5, 10, 60]
const perTokenBuckets = [0.01, 0.025, 0.05, 0.1, 0.5]
const overheadBuckets = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 10, 60]
const tokenBuckets = [64, 256, 1_024, 4_096, 16_384, 131_072]
const perUs = 1e-6
const perNano = 1e-9

const openTelemetry = {
  duration: 'gen_ai_client_operation_duration_seconds',
  tokens: 'gen_ai_client_token_usage',
  firstChunk: 'gen_ai_client_operation_time_to_first_chunk_seconds',
  serverFirstToken: 'gen_ai_server_time_to_first_token_seconds',
  serverPerToken: 'gen_ai_server_time_per_output_token_seconds',
} as const

/** The names that it reads from `measured`. Counts: `requests` by model, provider and status; `inputTokens`,
 *  `outputTokens`, `cachedTokens`, `costNanoUsd`, `savedNanoUsd` and `fallbacks` by model and provider; `cache` by
 *  result; `rateLimited`; `others` by name; `retriesWithheld` by provider. Distributions: `duration`, `inputSizes` and `outputSizes` by model and provider;
 *  `overheadOfAll`; the latency metrics by target. */
export function metricsText(
  fleet: { heartbeats: NodeHeartbeat[]; targets: TargetLoad[] },
  measured: Measures,
  published: Published = { state: undefined, weights: undefined },
): string {
  const page = new PrometheusText()
  requestMetrics(page, measured)
  latencyMetrics(page, measured)
  usageMetrics(page, measured)
  nodeMetrics(page, fleet.heartbeats)
  page.gauge('headgate_inflight_requests', 'Requests that wait for an upstream.', inFlight(fleet.targets))
  sloMetrics(page, published)
  return page.text()
}

/** Models that callers address as `provider/model` are one series for each provider. */
function inFlight(targets: readonly TargetLoad[]): [Labels, number][] {
  const sums = new Measures()
  for (const { model, provider, target, direct, inFlight } of targets)
    sums.count('inFlight', direct === true ? [`${provider}/*`, provider, '*'] : [model, provider, target], inFlight)
  return sums.counts('inFlight').map(({ labels, value }) => [targetLabels(labels), value])
}

function requestMetrics(page: PrometheusText, measured: Measures): void {
  page.counter(
    'headgate_requests_total',
    'Finished requests by how they ended.',
    measured
      .counts('requests')
      .map(({ labels: [model = '', provider = '', status = ''], value }) => [{ model, provider, status }, value]),
  )
  page.counter(
    'headgate_ratelimit_rejections_total',
    'Requests refused by a limit.',
    orZero(measured.counts('rateLimited').map(({ value }) => [{}, value])),
  )
  page.counter(
    'headgate_cache_requests_total',
    'Requests by what the cache had.',
    measured.counts('cache').map(({ labels: [result = ''], value }) => [{ result: result.toLowerCase() }, value]),
  )
  page.counter(
    'headgate_usage_others_total',
    'Requests whose usage is summed for all further users or models of a key, since callers named too many.',
    measured.counts('others').map(({ labels: [name = ''], value }) => [{ name }, value]),
  )
  page.counter(
    'headgate_retries_withheld_total',
    'Failed attempts after which the retry budget of a provider was spent.',
    measured.counts('retriesWithheld').map(({ labels: [provider = ''], value }) => [{ provider }, value]),
  )
  page.counter('headgate_fallbacks_total', 'Requests answered by a fallback.', notZero(byModel(measured, 'fallbacks')))
  page.histogram(
    'headgate_http_request_duration_seconds',
    'From the last byte of a request to the last of its answer.',
    secondsBuckets,
    perUs,
    measured.distributions('duration').map(({ labels, value }) => [modelLabels(labels), value]),
  )
  page.histogram(
    'headgate_overhead_seconds',
    'The part of it not spent waiting for upstreams.',
    overheadBuckets,
    perUs,
    measured.distributions('overheadOfAll').map(({ value }) => [{}, value]),
  )
}

function latencyMetrics(page: PrometheusText, measured: Measures): void {
  const firstToken = 'To the first content chunk of a stream.'
  type LabelsOf = (labels: readonly string[]) => Labels
  const buckets = { ttft: firstTokenBuckets, interToken: perTokenBuckets, total: secondsBuckets }
  const histogram = (name: string, help: string, metric: keyof typeof buckets, labelsOf: LabelsOf): void =>
    page.histogram(
      name,
      help,
      buckets[metric],
      perUs,
      measured.distributions(metric).map(({ labels, value }) => [labelsOf(labels), value]),
    )
  histogram('headgate_time_to_first_token_seconds', firstToken, 'ttft', targetLabels)
  histogram(openTelemetry.duration, 'One attempt at an upstream.', 'total', genAiLabels)
  // The conventions have two names for it, which differ only where a client measures what its server does not.
  histogram(openTelemetry.firstChunk, firstToken, 'ttft', genAiLabels)
  histogram(openTelemetry.serverFirstToken, firstToken, 'ttft', genAiLabels)
  histogram(openTelemetry.serverPerToken, 'Mean time between content chunks.', 'interToken', genAiLabels)
}

function usageMetrics(page: PrometheusText, measured: Measures): void {
  const tokensOf = (type: string): [Labels, number][] =>
    byModel(measured, `${type}Tokens`).map(([labels, value]) => [{ ...labels, type }, value])
  page.counter('headgate_tokens_total', 'Tokens; cached ones are part of the input.', [
    ...tokensOf('input'),
    ...tokensOf('output'),
    ...notZero(tokensOf('cached')),
  ])
  const usdOf = (name: string): [Labels, number][] =>
    byModel(measured, name).map(([labels, value]) => [labels, value * perNano])
  page.counter('headgate_cost_usd_total', 'What upstreams charge, by our price list.', usdOf('costNanoUsd'))
  page.counter('headgate_saved_usd_total', 'What the cache saved.', notZero(usdOf('savedNanoUsd')))
  page.histogram(
    openTelemetry.tokens,
    'Tokens of one request.',
    tokenBuckets,
    1,
    (['input', 'output'] as const).flatMap((type) =>
      measured
        .distributions(`${type}Sizes`)
        .map(({ labels, value }): [Labels, typeof value] => [
          { ...genAiModelLabels(labels), gen_ai_token_type: type },
          value,
        ]),
    ),
  )
}

function byModel(measured: Measures, name: string): [Labels, number][] {
  return measured.counts(name).map(({ labels, value }) => [modelLabels(labels), value])
}

/** Series of what most models never do begin with the first time. */
function notZero(samples: [Labels, number][]): [Labels, number][] {
  return samples.filter(([, value]) => value !== 0)
}

function orZero(samples: [Labels, number][]): [Labels, number][] {
  return samples.length === 0 ? [[{}, 0]] : samples
}

function modelLabels([model = '', provider = '']: readonly string[]): Labels {
  return { model, provider }
}

function targetLabels([model = '', provider = '', target = '']: readonly string[]): Labels {
  return { model, provider, target }
}

function genAiLabels([, provider = '', target = '']: readonly string[]): Labels {
  return { gen_ai_provider_name: provider, gen_ai_request_model: target }
}

function genAiModelLabels([model = '', provider = '']: readonly string[]): Labels {
  return { gen_ai_provider_name: provider, gen_ai_request_model: model }
}
