// Objectives and weights as Prometheus series. Labels are configured names and constants.
import type { SloState } from '../slo-state.ts'
import type { WeightsMessage } from '../weights.ts'
import type { Labels, PrometheusText } from './prometheus-text.ts'

export interface Published {
  readonly state: SloState | undefined
  readonly weights: WeightsMessage | undefined
}

export function sloMetrics(page: PrometheusText, { state, weights }: Published): void {
  const objectives = state?.objectives ?? []
  page.gauge(
    'headgate_slo_error_budget_remaining',
    "The part of an objective's error budget that is left in its window: 1 untouched, below 0 overspent.",
    objectives.map(({ name, budgetRemaining }) => [{ slo: name }, budgetRemaining]),
  )
  page.gauge(
    'headgate_slo_burn_rate',
    'How fast the error budget burns over a window: 1 spends it in exactly the window of the objective.',
    objectives.flatMap(({ name, burn }) =>
      Object.entries(burn).map(([window, rate]): [Labels, number] => [{ slo: name, window }, rate]),
    ),
  )
  page.gauge(
    'headgate_slo_alert',
    '1 while an alert of this severity fires.',
    objectives.flatMap(({ name, alerts }) =>
      (['page', 'ticket'] as const).map((severity): [Labels, number] => [
        { slo: name, severity },
        alerts.some((alert) => alert.severity === severity) ? 1 : 0,
      ]),
    ),
  )
  page.gauge(
    'headgate_slo_webhooks_waiting',
    'Alert events that a webhook has not taken yet.',
    state === undefined ? [] : [[{}, state.events.filter(({ delivery }) => delivery === 'waiting').length]],
  )
  page.gauge(
    'headgate_slo_evaluated_timestamp_seconds',
    'When the objectives were last judged.',
    state === undefined ? [] : [[{}, state.atMs / 1_000]],
  )
  page.gauge(
    'headgate_target_weight_multiplier',
    "What a target's share is multiplied by under latency routing.",
    (weights?.targets ?? []).map(({ model, provider, target, multiplier }) => [
      { model, provider, target },
      multiplier,
    ]),
  )
}
