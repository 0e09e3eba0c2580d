// The identity of a team, a user or an app. A name is borne by one after another; what requests store belongs to the id, which is
// made when the owner is made, stands in that event and never changes.
import { type EnforcedKind, resourceKinds } from '../kind.ts'

export const ownerKinds = ['teams', 'users', 'apps'] as const

export type OwnerKind = (typeof ownerKinds)[number]

export function isOwnerKind(kind: string): kind is OwnerKind {
  return ownerKinds.some((known) => known === kind)
}

/** The id of an owner whose event gave it none: it is the owner of this name in every log. Earlier releases made only such
 *  owners, and stored under this text; a config file makes them in a log that is new. */
export function nameId(kind: OwnerKind, name: string): string {
  return `${resourceKinds[kind]} ${name}`
}

export function ownerIdOf(kind: OwnerKind, name: string, owner: { id?: string } | undefined): string {
  return owner?.id ?? nameId(kind, name)
}

/** A new id. `random` has 24 hex digits that are used for nothing else. */
export function newOwnerId(kind: OwnerKind, random: string): string {
  return `${resourceKinds[kind]}_${random}`
}

/** Whether an owner of this name may have this id. No text is an id of two kinds or two names. */
export function isOwnerId(kind: OwnerKind, name: string, text: string): boolean {
  return text === nameId(kind, name) || new RegExp(`^${resourceKinds[kind]}_[0-9a-f]{24}$`).test(text)
}

/** What was written of an owner, with its id apart: the id is no part of the spec that is stored. */
export function splitOwnerId<Spec extends object>(kind: EnforcedKind, written: Spec): { id?: string; spec: Spec } {
  if (!isOwnerKind(kind) || !('id' in written)) return { spec: written }
  const { id, ...spec } = written
  return { id: String(id), spec: spec as Spec }
}
