import { z } from 'zod'
import { allowedModels, label, labels, later, limitsOfOwner, queueFields, resourceName } from '../schema-fields.ts'

const ownerFields = {
  id: label
    .exactOptional()
    .describe('Made with the owner, and never changed. Written only to restore an owner that was exported.'),
  costCenter: label.exactOptional(),
  models: allowedModels,
  tier: label.exactOptional().describe('A stored label.'),
  metadata: labels.exactOptional().describe('Stored labels.'),
  ...queueFields,
  ...limitsOfOwner,
}

export const teamSchema = z.strictObject({ ...ownerFields, team: later('a team within a team is') })

/** Users and apps. */
export const memberSchema = z.strictObject({ ...ownerFields, team: resourceName.exactOptional() })
