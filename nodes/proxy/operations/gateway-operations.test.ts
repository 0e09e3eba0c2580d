import { expect, test } from 'vitest'
import { matchObjectPath } from '../provider-objects/object-operations.ts'
import {
  healthOperation,
  modelLists,
  objectOperation,
  realtimeOperation,
  storedResponseOperations,
} from './gateway-operations.ts'
import type { Operation } from './operation.ts'

function objectAt(path: string): Operation {
  const found = matchObjectPath(path)
  if (found === undefined) throw new Error(path)
  return objectOperation(found)
}

test.each<[string, Operation, Partial<Operation>]>([
  ["OpenAI's list of models", modelLists.openai, { api: 'models', bodiless: true, errors: 'openai' }],
  ["Anthropic's list of models", modelLists.anthropic, { api: 'models', bodiless: true, errors: 'anthropic' }],
  ["Google's list of models", modelLists.gemini, { api: 'models', bodiless: true, errors: 'gemini' }],
  ['health', healthOperation, { api: 'health', bodiless: true }],
  ['a realtime session', realtimeOperation, { api: 'realtime', dialect: 'openai-realtime', upstreamPath: '/realtime' }],
  ['a stored response', storedResponseOperations[''], { api: 'responses', bodiless: true, answersAnyhow: true }],
  ['the input of one', storedResponseOperations.input_items, { api: 'responses', methods: ['GET'] }],
  ['the end of one', storedResponseOperations.cancel, { api: 'responses', methods: ['POST'] }],
  ['files', objectAt('/v1/files'), { api: 'files', dialect: 'openai-files', methods: ['POST', 'GET'] }],
  ['a file', objectAt('/v1/files/file-1'), { api: 'files', methods: ['GET', 'DELETE'] }],
  ['the content of a file', objectAt('/v1/files/file-1/content'), { methods: ['GET'], answersAnyhow: 'bytes' }],
  ['batches', objectAt('/v1/batches'), { api: 'files', dialect: 'openai-batches' }],
])('the operation of %s is that of its API', (_, operation, wanted) => {
  expect(operation).toMatchObject(wanted)
})

test('none of them is translated, streams or is charged by itself', () => {
  const all = [
    ...Object.values(modelLists),
    healthOperation,
    realtimeOperation,
    ...Object.values(storedResponseOperations),
  ]
  for (const { inbound, stream, asksForUsage, input, units } of [...all, objectAt('/v1/files')]) {
    expect([inbound, stream, asksForUsage, input]).toEqual([undefined, undefined, false, undefined])
    expect(units?.ofAnswer(Buffer.from('{"usage":{"seconds":3}}'))).toBeUndefined()
  }
})

test('an upload is read with its body, and so is a batch', () => {
  expect([objectAt('/v1/files').bodiless, objectAt('/v1/batches').bodiless]).toEqual([undefined, undefined])
})

test('only content is answered whatever its media type says', () => {
  expect([objectAt('/v1/files').answersAnyhow, objectAt('/v1/files/file-1').answersAnyhow]).toEqual([
    undefined,
    undefined,
  ])
})

test('the operations of two objects are one', () => {
  expect(objectAt('/v1/files/file-1')).toBe(objectAt('/openai/files/file-2'))
  expect(objectAt('/v1/files/file-1')).not.toBe(objectAt('/v1/files'))
})
