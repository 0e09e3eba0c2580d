import { isDeepStrictEqual } from 'node:util'
import type { MayUndo } from '../may-undo.ts'
import type { BudgetSpec } from './spec.ts'

/** True for a budget that is the same as before. A new budget restricts. */
export const mayUndoBudget: MayUndo<BudgetSpec> = ({ before, after }) => isDeepStrictEqual(before, after)
