// What the publisher says of all objectives each second (`subjects.sloState`): every aggregator keeps it, so that the next
// publisher goes on from there, and control nodes answer from it.
import type { SloObjective } from '../config/kinds/slos/spec.ts'

export interface SloState {
  publisher: string
  /** A higher epoch is a later publisher. */
  epoch: number
  /** Counts up within an epoch. */
  revision: number
  /** The publisher's wall clock when this was worked out. */
  atMs: number
  /** Partitions of usage whose owner was not heard lately: what is said rests on their last word. */
  silentPartitions: number[]
  objectives: ObjectiveState[]
  /** The newest alert events, oldest first. */
  events: AlertEvent[]
}

export interface ObjectiveState {
  name: string
  objective: SloObjective
  target: number
  windowMs: number
  thresholdMs?: number
  /** By window, `1m` to `3d`: 1 spends the budget in exactly the objective's window. */
  burn: Record<string, number>
  /** Over the objective's window. */
  good: number
  total: number
  /** The part of the budget that is left; negative when overspent. */
  budgetRemaining: number
  alerts: ActiveAlert[]
}

export type AlertSeverity = 'page' | 'ticket'

export interface ActiveAlert {
  id: string
  severity: AlertSeverity
  sinceMs: number
  /** The rule that began it: its burn and its long window. */
  factor: number
  longMs: number
  /** When its burn was last seen above the way out. */
  lastHeldMs: number
}

/** `none`: nobody wants to be told. */
export type AlertDelivery = 'none' | 'waiting' | 'delivered' | 'given-up'

export interface AlertEvent {
  /** Of this event; a webhook may get it more than once, under the same id. */
  id: string
  type: 'firing' | 'resolved'
  /** Both events of one alert have it. */
  alertId: string
  slo: string
  severity: AlertSeverity
  atMs: number
  sinceMs: number
  factor: number
  longMs: number
  /** As it was at the event. */
  burn: Record<string, number>
  budgetRemaining: number
  delivery: AlertDelivery
}

/** Undefined for bytes that are no such message; the sender is one of our nodes. */
export function decodeSloState(payload: Uint8Array): SloState | undefined {
  const state = jsonOf(payload) as SloState | undefined
  if (typeof state !== 'object' || state === null) return undefined
  const { publisher, epoch, revision, atMs, objectives, events } = state
  if (typeof publisher !== 'string' || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(revision)) return undefined
  if (typeof atMs !== 'number' || !Array.isArray(objectives) || !Array.isArray(events)) return undefined
  return state
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
