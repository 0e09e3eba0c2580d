// An aggregator's confirmation of the batches of one sender's boot (`subjects.telemetryStored`).
export interface Stored {
  node: string
  epoch: string
  /** Every record up to this sequence is stored durably. */
  sequence: number
  /** Whether a batch came whose predecessor is missing: the sender must send again from `sequence` on. */
  gap: boolean
}

/** Decodes a confirmation; undefined for other bytes. */
export function decodeStored(payload: Uint8Array): Stored | undefined {
  const { node, epoch, sequence, gap } = fieldsOf(payload)
  if (typeof node !== 'string' || typeof epoch !== 'string' || !Number.isSafeInteger(sequence)) return undefined
  return { node, epoch, sequence: sequence as number, gap: gap === true }
}

function fieldsOf(payload: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
