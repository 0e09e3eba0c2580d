import { isDeepStrictEqual } from 'node:util'
import type { MayUndo } from '../may-undo.ts'
import type { OwnerSpec } from './spec.ts'

/** True for an owner that is new, or that may use no less than before. Tiers and teams may restrict in other ways. */
export const mayUndoOwner: MayUndo<OwnerSpec> = ({ before, after }) => {
  if (before === undefined) return true
  const isSame = isDeepStrictEqual(standingOf(before), standingOf(after))
  return isSame && isKnown(after) && isWithin(before.models, after.models)
}

function standingOf({ team, tier, weight, priority }: OwnerSpec): unknown {
  return [team, tier, weight, priority]
}

const known: ReadonlySet<string> = new Set([
  'costCenter',
  'team',
  'models',
  'tier',
  'metadata',
  'weight',
  'priority',
] satisfies (keyof OwnerSpec)[])

/** A field of a newer release may restrict the owner. */
function isKnown(spec: OwnerSpec): boolean {
  return Object.keys(spec).every((field) => known.has(field))
}

/** Whether the second list allows no less than the first. An undefined list allows all. */
function isWithin(before: readonly string[] | undefined, after: readonly string[] | undefined): boolean {
  if (after === undefined) return true
  return before?.every((name) => after.includes(name)) ?? false
}
