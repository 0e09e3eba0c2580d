import { isDeepStrictEqual } from 'node:util'
import type { MayUndo } from '../may-undo.ts'
import type { ProviderSpec } from './spec.ts'

/** True for a provider that is new, or of which only the weights of its credentials and the known endpoints differ. */
export const mayUndoProvider: MayUndo<ProviderSpec> = ({ before, after }) =>
  before === undefined || isDeepStrictEqual(withoutWeights(before), withoutWeights(after))

function withoutWeights({ endpoints: _, credentials = [], ...rest }: ProviderSpec): unknown {
  // A weight of 0 takes a credential out of use.
  const plain = credentials.map(({ weight, ...credential }) => ({ ...credential, isUsed: weight !== 0 }))
  return { ...rest, credentials: plain }
}
