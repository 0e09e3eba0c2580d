// The quotas of providers, and the queues in front of them, as metrics.
import { type NodeHeartbeat, type QuotaLimitLoad, type QuotaLoad, quotaWaitBoundsMs } from '../records.ts'
import type { Labels, PrometheusText } from './prometheus-text.ts'

const boundsSeconds = quotaWaitBoundsMs.map((ms) => ms / 1e3)

export function quotaMetrics(page: PrometheusText, nodes: readonly NodeHeartbeat[]): void {
  const known = nodes.flatMap(({ node, quotas }) => (quotas === undefined ? [] : [{ node, quotas }]))
  const each = (read: (load: QuotaLimitLoad) => number): [Labels, number][] =>
    known.flatMap(({ node, quotas }) =>
      quotas.limits.map((load): [Labels, number] => {
        const { provider, credential, model, unit } = load
        return [{ node, provider, credential, model, unit }, read(load)]
      }),
    )
  page.gauge(
    'headgate_quota_limit',
    'What a provider lets a credential use of a model.',
    each(({ limit }) => limit),
  )
  page.gauge(
    'headgate_quota_remaining',
    'What is left of it, as a node knows it.',
    each(({ remaining }) => remaining),
  )
  page.gauge(
    'headgate_quota_queue_length',
    'Requests that wait for the quota of a provider.',
    known.flatMap(({ node, quotas }) =>
      quotas.queues.map(({ provider, model, length }): [Labels, number] => [{ node, provider, model }, length]),
    ),
  )
  page.counted('headgate_quota_wait_seconds', 'Waits for the quota of a provider.', boundsSeconds, known.map(waitsOf))
  page.counter(
    'headgate_quota_shed_total',
    'Requests that were told to come again, because too many waited.',
    known.map(({ node, quotas }): [Labels, number] => [{ node }, quotas.sheds]),
  )
}

function waitsOf({ node, quotas: { waits, waitedMs } }: { node: string; quotas: QuotaLoad }) {
  return [{ node }, { counts: waits, sum: waitedMs / 1e3 }] as [Labels, { counts: readonly number[]; sum: number }]
}
