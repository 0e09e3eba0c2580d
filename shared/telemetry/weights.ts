// What the publisher of weights tells all proxies each second (`subjects.weights`): what the fleet knows of each target.
import { bounds } from '../bounds.ts'

export interface WeightsMessage {
  /** Who publishes; a higher epoch is a later publisher. */
  publisher: string
  epoch: number
  /** Counts up within an epoch. */
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
  /** Mean time to the first token of a stream, µs, and by how many recent answers that is known. */
  firstUs: number
  firstCount: number
  /** Mean time by output token, µs. */
  tokenUs: number
  tokenCount: number
  /** Product of `factors`: what a share is multiplied by. */
  multiplier: number
  /** Why: by name, for people. */
  factors: Record<string, number>
}

/** Undefined for bytes that are no such message. What a proxy divides by is checked; the sender is one of our nodes. */
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
