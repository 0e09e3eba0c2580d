// The bodies of requests about keys.
import { z } from 'zod'
import {
  allowedModels,
  duration,
  label,
  labels,
  limitsOfOwner,
  queueFields,
  resourceName,
} from '../kinds/schema-fields.ts'

const overlapMsMax = 30 * 86_400_000

/** Body of `POST /keys`. */
export const keyRequestSchema = z.strictObject({
  name: label.describe('A label; it need not be unique.'),
  owner: z
    .strictObject({
      team: resourceName.exactOptional(),
      user: resourceName.exactOptional(),
      app: resourceName.exactOptional(),
    })
    .refine((owner) => Object.keys(owner).length === 1, 'expected exactly one of team, user, app')
    .exactOptional()
    .describe('Default: the team "default".'),
  models: allowedModels,
  expiresAt: z.iso
    .datetime({ offset: true, error: 'expected a time such as 2030-01-31T12:00:00Z' })
    .transform((text) => new Date(text).toISOString())
    .exactOptional(),
  metadata: labels.exactOptional().describe('Stored labels.'),
  ...queueFields,
  ...limitsOfOwner,
})

/** Body of `POST /keys/{id}:rotate`. */
export const rotateRequestSchema = z.strictObject({
  overlap: duration(0, overlapMsMax, '30d')
    .exactOptional()
    .describe('How long the old secret still counts. Default 0s.'),
})
