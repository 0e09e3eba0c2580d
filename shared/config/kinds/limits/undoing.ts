import { isDeepStrictEqual } from 'node:util'
import type { MayUndo } from '../may-undo.ts'
import type { LimitSpec } from './spec.ts'

/** True for a limit that is the same as before in all that restricts. A new limit restricts. */
export const mayUndoLimit: MayUndo<LimitSpec> = ({ before, after }) => isDeepStrictEqual(before, after)
