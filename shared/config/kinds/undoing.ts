// Whether a change of a resource may be undone without giving anybody a right that it took. A proxy loads this.
import { mayUndoBudget } from './budgets/undoing.ts'
import type { EnforcedKind, SpecOf } from './kind.ts'
import { mayUndoLimit } from './limits/undoing.ts'
import type { MayUndo } from './may-undo.ts'
import { mayUndoModel } from './models/undoing.ts'
import { mayUndoOwner } from './owners/undoing.ts'
import { mayUndoProvider } from './providers/undoing.ts'

export const mayUndoSet: { readonly [Kind in EnforcedKind]: MayUndo<SpecOf[Kind]> } = {
  providers: mayUndoProvider,
  models: mayUndoModel,
  teams: mayUndoOwner,
  users: mayUndoOwner,
  apps: mayUndoOwner,
  limits: mayUndoLimit,
  blocks: () => false, // a block takes every right
  budgets: mayUndoBudget,
  slos: () => true, // objectives give no rights
}

/** Kinds of which a deletion takes nothing from anybody. */
export const mayUndoDeletion: ReadonlySet<EnforcedKind> = new Set(['slos'])
