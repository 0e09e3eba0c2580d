// The rules of every kind.
import { blockRules } from './blocks/rules.ts'
import { budgetRules } from './budgets/rules.ts'
import type { EnforcedKind, SpecOf } from './kind.ts'
import type { KindRules } from './kind-rules.ts'
import { limitRules } from './limits/rules.ts'
import { modelRules } from './models/rules.ts'
import { ownerRules } from './owners/rules.ts'
import { providerRules } from './providers/rules.ts'
import { sloRules } from './slos/rules.ts'

export const kindRules: { readonly [Kind in EnforcedKind]: KindRules<SpecOf[Kind]> } = {
  providers: providerRules,
  models: modelRules,
  teams: ownerRules,
  users: ownerRules,
  apps: ownerRules,
  slos: sloRules,
  limits: limitRules,
  blocks: blockRules,
  budgets: budgetRules,
}
