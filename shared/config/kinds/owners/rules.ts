// Teams, users and apps: who can own a key.
import type { KindRules } from '../kind-rules.ts'
import { anyModels, mayBeAmong, type Reference } from '../reference.ts'
import { text, texts } from '../salvage.ts'
import type { OwnerSpec } from './spec.ts'

export const ownerRules: KindRules<OwnerSpec> = {
  secrets: {},
  references: ({ team, models }) => [...teamOf(team), ...anyModels(models)],
  mayMention: ({ team, models }, deleted) =>
    (team !== undefined && deleted.teams.has(team)) || mayBeAmong(models, deleted),
  salvage: ({ team, models }) => ({ team: text(team), models: texts(models) }),
}

function teamOf(name: string | undefined): Reference[] {
  return name === undefined ? [] : [{ path: ['team'], to: 'teams', name }]
}
