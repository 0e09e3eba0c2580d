import { z } from 'zod'
import { isTimeZone } from '../../../time/time-zone.ts'
import { label, resourceName } from '../schema-fields.ts'
import { webhookSchema } from '../webhook/schema.ts'
import { type BudgetSpec, budgetOwners, budgetWindows } from './spec.ts'

const usdMin = 1e-6
const usdMax = 1e6
const keyIdCharactersMax = 128
const alertsMax = 10

const alertAt = z
  .array(z.number().refine((part) => part > 0 && part <= 1, 'expected a part of more than 0 and up to 1, such as 0.8'))
  .max(alertsMax)
  .refine(isRising, 'expected parts in rising order, such as [0.8, 0.95]')

export const budgetSchema = z
  .strictObject({
    team: resourceName.exactOptional(),
    user: resourceName.exactOptional(),
    app: resourceName.exactOptional(),
    key: z.string().min(1).max(keyIdCharactersMax).exactOptional().describe('The id of a key.'),
    costCenter: label.exactOptional(),
    usd: z.number().min(usdMin).max(usdMax).describe('What may be spent in a window.'),
    window: z.literal(budgetWindows).describe('An hour, a day or a month of the calendar.'),
    timeZone: z
      .string()
      .refine(isTimeZone, 'expected an IANA time zone such as Europe/Berlin')
      .exactOptional()
      .describe('Where windows begin. Default UTC.'),
    mode: z
      .literal(['hard', 'soft'])
      .exactOptional()
      .describe('`hard` rejects what could cost more than is left; `soft` counts and tells. Default hard.'),
    alertAt: alertAt.exactOptional().describe('Parts of the amount at which the operator is told.'),
    webhook: webhookSchema
      .exactOptional()
      .describe('Told when a part in alertAt is passed; signed where it has a secret.'),
  })
  .superRefine((spec, context) => {
    for (const { path, message } of [...ownerProblems(spec), ...alertProblems(spec)])
      context.addIssue({ code: 'custom', path, message })
  })

type ReadSpec = Omit<BudgetSpec, 'webhook'> & { webhook?: unknown }

function ownerProblems(spec: ReadSpec): { path: (keyof BudgetSpec)[]; message: string }[] {
  const [first, second] = budgetOwners.filter((field) => spec[field] !== undefined)
  if (first === undefined) return [{ path: [], message: `expected one of ${budgetOwners.join(', ')}` }]
  if (second === undefined) return []
  return [{ path: [second], message: `a budget has one owner, and this one has a ${first} already` }]
}

/** A webhook that nothing is sent to would be an alarm that never rings. */
function alertProblems({ webhook, alertAt = [] }: ReadSpec): { path: (keyof BudgetSpec)[]; message: string }[] {
  if (webhook === undefined || alertAt.length > 0) return []
  return [
    { path: ['alertAt'], message: 'is required beside a webhook: the parts at which it is told, such as [0.8, 0.95]' },
  ]
}

function isRising(parts: readonly number[]): boolean {
  return parts.every((part, index) => index === 0 || part > (parts[index - 1] ?? 0))
}
