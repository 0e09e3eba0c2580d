// Ids of new owners. They must differ from those of every owner that ever was, in other logs of the same master key too.
import { randomBytes } from 'node:crypto'
import { newOwnerId, type OwnerKind } from '../../shared/config/kinds/owners/owner-id.ts'

export function randomOwnerId(kind: OwnerKind): string {
  return newOwnerId(kind, randomBytes(12).toString('hex'))
}
