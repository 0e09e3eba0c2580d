import { expect, test } from 'vitest'
import { operationNamed } from './named-operation.ts'
import type { Operation } from './operation.ts'
import * as operations from './operations.ts'
import { passThroughOperations } from './pass-through-operations.ts'

/** What another process needs to know: operations of one name differ in their streams alone. */
const usedElsewhere = ({ dialect, inbound, embeddings, counts, units, namesModelWithin }: Operation) => {
  return { dialect, inbound: inbound?.name, embeddings, counts, units, namesModelWithin }
}

test('every operation is found by its name', () => {
  for (const operation of [...Object.values(operations), ...passThroughOperations]) {
    expect(usedElsewhere(operationNamed(operation.name))).toEqual(usedElsewhere(operation))
  }
  expect(() => operationNamed('/v1/nothing')).toThrow('/v1/nothing')
})
