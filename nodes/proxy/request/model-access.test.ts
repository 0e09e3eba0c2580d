import { expect, test } from 'vitest'
import { AllowList } from '../auth/callers.ts'
import { testTarget } from '../providers/test-target.ts'
import { modelAccessError } from './model-access.ts'
import { routeTo, testCaller, testSnapshot } from './test-request.ts'

const target = testTarget()
const names = ['plain', 'planet', 'hidden']
const snapshot = testSnapshot(Object.fromEntries(names.map((name) => [name, routeTo(name, target)])))
const everyone = { snapshot, caller: testCaller }
const narrow = { snapshot, caller: { ...testCaller, models: new AllowList(['plain', 'planet']) } }

test('models that exist and are allowed are fine', () => {
  expect(modelAccessError(['plain', 'planet'], narrow)).toBeUndefined()
  expect(modelAccessError(names, everyone)).toBeUndefined()
})

test('the first model that is wrong is told', () => {
  expect(modelAccessError(['plain', 'hidden', 'nonesuch'], narrow)).toEqual({
    type: 'model-not-allowed',
    model: 'hidden',
  })
  expect(modelAccessError(['plain', 'nonesuch', 'hidden'], narrow)).toMatchObject({
    type: 'unknown-model',
    model: 'nonesuch',
  })
})

test('names that are near are told, and only those that the caller may use', () => {
  expect(modelAccessError(['plane'], narrow)).toEqual({
    type: 'unknown-model',
    model: 'plane',
    nearest: ['planet', 'plain'],
  })
  expect(modelAccessError(['hiden'], narrow)).toMatchObject({ nearest: [] })
  expect(modelAccessError(['hiden'], everyone)).toMatchObject({ nearest: ['hidden'] })
})

test('an unknown model is unknown to a caller who may use few models as well', () => {
  expect(modelAccessError(['nonesuch'], narrow)).toMatchObject({ type: 'unknown-model' })
})
