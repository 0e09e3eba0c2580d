// A combined schema becomes one object that accepts at least as much.
import { expect, test } from 'vitest'
import { topSchema } from './top-schema.ts'

const a = { type: 'object', properties: { a: { type: 'string' }, n: { type: 'string' } }, required: ['a', 'n'] }
const b = { type: 'object', properties: { b: { type: 'number' }, n: { type: 'number' } }, required: ['b', 'n'] }
const n = { anyOf: [{ type: 'string' }, { type: 'number' }] }
const properties = { a: { type: 'string' }, n, b: { type: 'number' } }

test.each([
  ['no type', {}, { type: 'object' }],
  ['a plain object', a, a],
  ['variants', { anyOf: [a, b] }, { type: 'object', properties, required: ['n'] }],
  ['exclusive variants', { oneOf: [a, b] }, { type: 'object', properties, required: ['n'] }],
  [
    'a sum',
    { allOf: [a, { $ref: '#/$defs/b' }], $defs: { b } },
    { type: 'object', $defs: { b }, properties: { ...properties, n: { type: 'number' } }, required: ['a', 'n', 'b'] },
  ],
  [
    'members beside variants',
    {
      type: 'object',
      properties: { c: {} },
      required: ['c'],
      anyOf: [{ required: ['d'] }],
      additionalProperties: false,
    },
    { type: 'object', properties: { c: {} }, required: ['c', 'd'] },
  ],
])('%s', (_what, schema, wanted) => {
  expect(JSON.parse(JSON.stringify(topSchema(schema)))).toEqual(wanted)
})
