// Finds the epochs that messages name. `shared/epochs.ts` says which are believed.
import { isEpochAhead } from '../../shared/epochs.ts'
import { decodeJson, subjects } from './bus.ts'

/** Whether a message that was proven names an epoch of the future. */
export function namesEpochAhead(subject: string, payload: Uint8Array, wallMs: number): boolean {
  return epochsIn(subject, payload).some((epoch) => isEpochAhead(epoch, wallMs))
}

const withEpoch: ReadonlySet<string> = new Set([subjects.weights, subjects.sloState, subjects.sloPartial])

function epochsIn(subject: string, payload: Uint8Array): number[] {
  if (withEpoch.has(subject)) return epochsOf([jsonOf(payload)])
  if (subject !== subjects.keeping) return []
  const { partitions } = (jsonOf(payload) ?? {}) as { partitions?: unknown }
  return Array.isArray(partitions) ? epochsOf(partitions) : []
}

function epochsOf(values: readonly unknown[]): number[] {
  return values.flatMap((value) => {
    const { epoch } = (value ?? {}) as { epoch?: unknown }
    return typeof epoch === 'number' ? [epoch] : []
  })
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return decodeJson(payload)
  } catch {
    return undefined
  }
}
