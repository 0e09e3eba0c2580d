// The shapes of answers about the ledger.
import { z } from 'zod'
import { stale } from '../answers.ts'

const amounts = {
  costUsd: z.number(),
  /** The same, exactly, in decimal. */
  costNanoUsd: z.string(),
  savedUsd: z.number(),
  savedNanoUsd: z.string(),
}

export const ledgerBody = z.looseObject({
  items: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(['charge', 'correction', 'month-close']),
      at: z.string(),
      bookedAt: z.string(),
      requestId: z.string(),
      attempt: z.int().nullable(),
      settlement: z.string(),
      outcome: z.string(),
      key: z.string(),
      team: z.string(),
      user: z.string(),
      app: z.string(),
      costCenter: z.string(),
      model: z.string(),
      provider: z.string(),
      target: z.string(),
      inputTokens: z.number(),
      outputTokens: z.number(),
      cachedTokens: z.number(),
      ...amounts,
      /** The closed month that the event belongs to by its time; '' where it is booked in its own month. */
      correctsMonth: z.string(),
      partition: z.int(),
      sequence: z.int(),
    }),
  ),
  next: z.string().optional(),
  stale,
})

const sums = { events: z.int(), ...amounts }

export const sumsBody = z.looseObject({ rows: z.array(z.looseObject(sums)), from: z.string(), to: z.string(), stale })

export const monthBodyShape = z.looseObject({
  month: z.string(),
  from: z.string(),
  to: z.string(),
  status: z.enum(['open', 'closed']),
  closedAt: z.string().optional(),
  /** What was missing when the month was closed all the same. */
  missing: z.array(z.string()).optional(),
  total: z.object(sums),
  costCenters: z.array(
    z.object({
      costCenter: z.string(),
      ...sums,
      /** The part that corrects months that were closed before. */
      corrections: z.array(z.object({ month: z.string(), ...sums })),
    }),
  ),
})

export const monthsBody = z.looseObject({ timeZone: z.string(), months: z.array(monthBodyShape), stale })

export const verifyBody = z.looseObject({
  partition: z.int(),
  stage: z.enum(['chain', 'usage']),
  events: z.int(),
  faults: z.array(z.object({ type: z.string(), message: z.string() })),
  next: z.string().optional(),
})

export const partitionsBody = z.object({ partitions: z.array(z.int()) })
