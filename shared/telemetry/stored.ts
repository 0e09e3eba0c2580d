// What an aggregator says about the batches of one sender's boot (`subjects.telemetryStored`).
export interface Stored {
  node: string
  epoch: string
  /** Every record up to here is stored durably. */
  sequence: number
  /** A batch came whose predecessor is missing: send again from `sequence` on. */
  gap: boolean
}

export function readStored(value: unknown): Stored | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { node, epoch, sequence, gap } = value as Record<string, unknown>
  if (typeof node !== 'string' || typeof epoch !== 'string' || !Number.isSafeInteger(sequence)) return undefined
  return { node, epoch, sequence: sequence as number, gap: gap === true }
}
