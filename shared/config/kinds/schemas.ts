// The schema of every kind: the one source of validation, from which the JSON Schema and OpenAPI are made as well. Only the
// control plane and the command line load it; a proxy folds what was validated before it was stored.
import type { z } from 'zod'
import type { InputOf } from '../secret-fields.ts'
import { blockSchema } from './blocks/schema.ts'
import { budgetSchema } from './budgets/schema.ts'
import { limitSchema } from './limits/schema.ts'
import { modelSchema } from './models/schema.ts'
import { memberSchema, teamSchema } from './owners/schema.ts'
import { providerSchema } from './providers/schema.ts'
import { sloSchema } from './slos/schema.ts'

export const specSchemas = {
  providers: providerSchema,
  models: modelSchema,
  teams: teamSchema,
  users: memberSchema,
  apps: memberSchema,
  slos: sloSchema,
  limits: limitSchema,
  blocks: blockSchema,
  budgets: budgetSchema,
} satisfies { [Kind in keyof InputOf]: z.ZodType<InputOf[Kind]> }
