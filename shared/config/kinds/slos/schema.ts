import { z } from 'zod'
import { duration, resourceName, upstreamModel } from '../schema-fields.ts'
import { webhookSchema } from '../webhook/schema.ts'
import { type SloObjective, sloObjectives } from './spec.ts'

const keyIdCharactersMax = 128
const thresholdMsMax = 86_400_000
const targetMin = 0.01
const targetMax = 0.99999
const windowMsMin = 3_600_000
const windowMsMax = 90 * 86_400_000

export const sloSchema = z
  .strictObject({
    match: z
      .strictObject({
        model: resourceName.exactOptional(),
        provider: resourceName.exactOptional().describe('With it, or with a target, attempts count and not requests.'),
        target: upstreamModel.exactOptional(),
        team: resourceName.exactOptional(),
        user: resourceName.exactOptional(),
        app: resourceName.exactOptional(),
        key: z.string().min(1).max(keyIdCharactersMax).exactOptional().describe('The id of a key.'),
      })
      .exactOptional()
      .describe('What counts. Default: everything.'),
    objective: z.literal(sloObjectives),
    threshold: duration(1, thresholdMsMax, '24h')
      .exactOptional()
      .describe('What is not above it is good. Required, except for availability.'),
    target: z
      .number()
      .refine(
        (part) => part >= targetMin && part <= targetMax,
        `expected a part from ${targetMin} to ${targetMax}, such as 0.999`,
      )
      .exactOptional()
      .describe('The part that has to be good. Default 0.999.'),
    window: duration(windowMsMin, windowMsMax, '90d')
      .exactOptional()
      .describe('Over which the budget is counted. Default 30d.'),
    webhook: webhookSchema
      .exactOptional()
      .describe('Told when an alert begins and ends; signed where it has a secret.'),
  })
  .superRefine(({ objective, threshold }, context) => {
    const message = thresholdProblem(objective, threshold)
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['threshold'], message })
  })

function thresholdProblem(objective: SloObjective, threshold: string | undefined) {
  if (objective === 'availability') return threshold === undefined ? undefined : 'availability has no threshold'
  return threshold === undefined ? `is required: the ${objective} that is still good, such as 500ms` : undefined
}
