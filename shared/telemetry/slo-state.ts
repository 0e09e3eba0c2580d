// The state of all objectives, which the publisher sends each second (`subjects.sloState`). Every aggregator keeps it,
// so that the next publisher continues from it, and control nodes answer from it.
import type { SloObjective } from '../config/kinds/slos/spec.ts'

export interface SloState {
  publisher: string
  /** A higher epoch is a later publisher. */
  epoch: number
  /** Increases within an epoch. */
  revision: number
  /** The publisher's wall clock at the evaluation. */
  atMs: number
  /** Partitions whose owner was not heard lately: the state uses their last report. */
  silentPartitions: number[]
  objectives: ObjectiveState[]
  /** The newest alert events, oldest first. */
  events: AlertEvent[]
  /** The newest alerts of budgets, oldest first. Absent: of a node of an earlier release. */
  budgetEvents?: BudgetAlertEvent[]
}

export interface ObjectiveState {
  name: string
  objective: SloObjective
  target: number
  windowMs: number
  thresholdMs?: number
  /** Burn rate by window, `1m` to `3d`: 1 spends the budget in exactly the objective's window. */
  burn: Record<string, number>
  /** Good events in the objective's window. */
  good: number
  total: number
  /** The remaining part of the budget; negative when overspent. */
  budgetRemaining: number
  alerts: ActiveAlert[]
}

export type AlertSeverity = 'page' | 'ticket'

export interface ActiveAlert {
  id: string
  severity: AlertSeverity
  sinceMs: number
  /** The rule that fired: its burn rate and its long window. */
  factor: number
  longMs: number
  /** The last time when the burn rate was above the threshold for resolving. */
  lastHeldMs: number
}

/** `none`: no webhook is configured. */
export type AlertDelivery = 'none' | 'waiting' | 'delivered' | 'given-up'

/** A budget has passed a part of its amount. Amounts are in USD. */
export interface BudgetAlertEvent {
  /** The id of this event. A webhook may get the event more than once, under the same id. */
  id: string
  budget: string
  threshold: number
  /** When it was noticed. */
  atMs: number
  limitUsd: number
  spentUsd: number
  startedAtMs: number
  resetsAtMs: number
  delivery: AlertDelivery
}

export interface AlertEvent {
  /** The id of this event. A webhook may get the event more than once, under the same id. */
  id: string
  type: 'firing' | 'resolved'
  /** The id of the alert, which its two events share. */
  alertId: string
  slo: string
  severity: AlertSeverity
  atMs: number
  sinceMs: number
  factor: number
  longMs: number
  /** The burn rates at the time of the event. */
  burn: Record<string, number>
  budgetRemaining: number
  delivery: AlertDelivery
}

/** Decodes the state of the objectives; undefined for other bytes. The sender is one of our own nodes. */
export function decodeSloState(payload: Uint8Array): SloState | undefined {
  const state = jsonOf(payload) as SloState | undefined
  if (typeof state !== 'object' || state === null) return undefined
  const { publisher, epoch, revision, atMs, objectives, events, budgetEvents } = state
  if (typeof publisher !== 'string' || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(revision)) return undefined
  if (typeof atMs !== 'number' || !Array.isArray(objectives) || !Array.isArray(events)) return undefined
  return budgetEvents === undefined || Array.isArray(budgetEvents) ? state : undefined
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
