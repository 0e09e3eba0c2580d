// Ids of owners that a command gives, as an export does: they restore an owner with all that is stored for it. An owner that is
// there keeps its id, and no two have one id.
import { deletedChange, type EnforcedKind, type ResourceDeleted } from './kinds/kind.ts'
import { isOwnerId, isOwnerKind, nameId, newOwnerId, type OwnerKind, ownerIdOf } from './kinds/owners/owner-id.ts'
import { invalid, type Problem, quote } from './problem.ts'
import type { ConfigState } from './state.ts'

/** An id that was written for an owner. */
export interface GivenId {
  readonly kind: OwnerKind
  readonly name: string
  readonly id: string
}

/** The deletion of a resource, with the id of an owner. */
export function deletionOf({ resources }: ConfigState, kind: EnforcedKind, name: string): ResourceDeleted {
  return isOwnerKind(kind)
    ? deletedChange(kind, name, ownerIdOf(kind, name, resources[kind].get(name)))
    : deletedChange(kind, name)
}

/** `deleted` are the changes of the same command that make room for an id. */
export function ownerIdProblems(
  state: ConfigState,
  given: readonly GivenId[],
  deleted: readonly { readonly id?: string }[] = [],
): Problem[] {
  const wrong = given.flatMap((one) => ownProblems(state, one))
  const added = given.filter(({ kind, name }) => !state.resources[kind].has(name))
  return added.length === 0 ? wrong : [...wrong, ...takenProblems(added, bearersOf(state, added, deleted))]
}

function ownProblems({ resources }: ConfigState, { kind, name, id }: GivenId): Problem[] {
  const path = [kind, name, 'id']
  if (!isOwnerId(kind, name, id)) {
    const form = `${newOwnerId(kind, '')} with 24 hex digits, or ${quote(nameId(kind, name))}`
    return [invalid(path, `an id is made with its owner: leave it out, or restore one that was exported (${form})`)]
  }
  const current = resources[kind].get(name)
  const kept = ownerIdOf(kind, name, current)
  if (current === undefined || kept === id) return []
  return [invalid(path, `the id of this ${kind.slice(0, -1)} is ${quote(kept)} and does not change`)]
}

/** Names by id, of the kinds to which something is added. */
function bearersOf(
  { resources }: ConfigState,
  added: readonly GivenId[],
  deleted: readonly { readonly id?: string }[],
): Map<string, string> {
  const bearers = new Map<string, string>()
  for (const kind of new Set(added.map((one) => one.kind))) {
    for (const [name, owner] of resources[kind]) bearers.set(ownerIdOf(kind, name, owner), name)
  }
  for (const { id } of deleted) if (id !== undefined) bearers.delete(id)
  return bearers
}

function takenProblems(added: readonly GivenId[], bearers: Map<string, string>): Problem[] {
  const problems: Problem[] = []
  for (const { kind, name, id } of added) {
    const other = bearers.get(id)
    if (other !== undefined) problems.push(invalid([kind, name, 'id'], `this is the id of ${quote(other)}`))
    bearers.set(id, name)
  }
  return problems
}
