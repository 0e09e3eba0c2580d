// Whether a change may be held back by a node that goes back to an earlier configuration. Undoing a change must give nobody
// a right that the change took: each kind lists what is harmless (`kinds/undoing.ts`), and everything else is not.
import type { Change, ConfigChange } from '../../../shared/config/events.ts'
import { applyChange, forkState } from '../../../shared/config/fold.ts'
import { isResourceChange, isResourceSet, kindOfChange, type ResourceSet } from '../../../shared/config/kinds/kind.ts'
import type { MayUndo } from '../../../shared/config/kinds/may-undo.ts'
import { mayUndoDeletion, mayUndoSet } from '../../../shared/config/kinds/undoing.ts'
import type { ConfigState, Resources } from '../../../shared/config/state.ts'

/** `before` is the state that the change was made to. */
export function isHarmless(before: ConfigState, change: ConfigChange): boolean {
  if (change.type !== 'change-set') return isOneHarmless(before, change)
  const state = forkState(before)
  return change.changes.every((part) => {
    const isFine = isOneHarmless(state, part)
    if (isFine) applyChange(state, part, before.revision + 1)
    return isFine
  })
}

function isOneHarmless({ resources, keys }: ConfigState, change: Change): boolean {
  // Without the change a new key is not accepted yet.
  if (change.type === 'key-issued') return !keys.has(change.key.id)
  if (!isResourceChange(change)) return false
  return isResourceSet(change) ? mayUndo(resources, change) : mayUndoDeletion.has(kindOfChange(change))
}

function mayUndo(resources: Resources, change: ResourceSet): boolean {
  const kind = kindOfChange(change)
  const judge = mayUndoSet[kind] as MayUndo<unknown> // the row of the kind of this very change
  return judge({ name: change.name, before: resources[kind].get(change.name)?.spec, after: change.spec, resources })
}
