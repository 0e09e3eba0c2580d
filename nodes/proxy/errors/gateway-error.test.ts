import { expect, test } from 'vitest'
import { ineligibleError, unreadableError } from './gateway-error.ts'

test('a request that no target can take is told by its model, the reason and the models that could', () => {
  const ineligible = { type: 'unspoken', route: '/v1/rerank' } as const
  expect(ineligibleError(ineligible, { model: 'fast', models: ['smart'] })).toEqual({
    type: 'unable',
    model: 'fast',
    ineligible,
    models: ['smart'],
  })
})

test('a request that cannot be read is an error of its body, whatever the model', () => {
  const unreadable = { type: 'unreadable', path: 'messages[0].role', message: 'is missing' } as const
  const wanted = {
    type: 'bad-body',
    code: 'invalid_value',
    message: '`messages[0].role` is missing.',
    param: 'messages[0].role',
  }
  expect(ineligibleError(unreadable, { model: 'fast', models: ['smart'] })).toEqual(wanted)
  expect(unreadableError(unreadable)).toEqual(wanted)
})

test('a dialect that has a name for what is wrong gives the code', () => {
  const unreadable = { type: 'unreadable', path: 'input', message: 'is empty', code: 'empty_input' } as const
  expect(unreadableError(unreadable)).toMatchObject({ code: 'empty_input' })
})
