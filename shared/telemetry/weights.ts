// The weights of all targets, which their publisher sends to all proxies each second (`subjects.weights`).
import { bounds } from '../bounds.ts'

export interface WeightsMessage {
  /** The publishing node. A higher epoch is a later publisher. */
  publisher: string
  epoch: number
  /** Increases within an epoch. */
  revision: number
  /** The publisher's wall clock. */
  atMs: number
  targets: TargetWeight[]
}

export interface TargetWeight {
  model: string
  provider: string
  /** The model's name at the provider. */
  target: string
  /** Mean time to the first token of a stream, µs, and the number of recent answers behind it. */
  firstUs: number
  firstCount: number
  /** Mean time per output token, µs. */
  tokenUs: number
  tokenCount: number
  /** The product of `factors`, by which the target's share is multiplied. */
  multiplier: number
  /** The factors by name, for operators. */
  factors: Record<string, number>
}

/** Decodes weights; undefined for other bytes. Numbers that a proxy divides by are checked; the sender is one of
 *  our own nodes. */
export function decodeWeights(payload: Uint8Array): WeightsMessage | undefined {
  const message = jsonOf(payload) as Partial<WeightsMessage> | undefined
  if (typeof message !== 'object' || message === null) return undefined
  const { publisher, epoch, revision, atMs, targets } = message
  if (typeof publisher !== 'string' || !Number.isSafeInteger(epoch) || !Number.isSafeInteger(revision)) return undefined
  if (typeof atMs !== 'number' || !Array.isArray(targets) || targets.length > bounds.telemetryTargetsMax)
    return undefined
  return targets.every(isTarget) ? (message as WeightsMessage) : undefined
}

function isTarget(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false
  const { model, provider, target: name, firstUs, firstCount, tokenUs, tokenCount, multiplier } = target as TargetWeight
  if (![model, provider, name].every((text) => typeof text === 'string')) return false
  const known = [firstUs, firstCount, tokenUs, tokenCount].every((value) => Number.isFinite(value) && value >= 0)
  return known && Number.isFinite(multiplier) && multiplier > 0
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload))
  } catch {
    return undefined
  }
}
