import { expect, test } from 'vitest'
import type { Operation } from '../operations/operation.ts'
import { passThroughOperations } from '../operations/pass-through-operations.ts'
import { type AskedForm, readForm } from './form-body.ts'
import { fallbacksMax } from './json-body.ts'
import { boundary, formType, type TestPart, testForm } from './test-form.ts'

function operationNamed(name: string): Operation {
  const found = passThroughOperations.find((operation) => operation.name === name)
  if (found === undefined) throw new Error(`there is no ${name}`)
  return found
}

const transcriptions = operationNamed('/v1/audio/transcriptions')
const variations = operationNamed('/v1/images/variations')
const file: TestPart = { name: 'file', content: 'RIFF', filename: 'a.wav' }
const model: TestPart = { name: 'model', content: 'whisper' }

function readParts(
  parts: readonly TestPart[],
  { operation = transcriptions, inPath = undefined as string | undefined } = {},
) {
  return readForm(Buffer.from(testForm(parts)), { contentType: formType, operation, inPath })
}

function asked(parts: readonly TestPart[], more: Parameters<typeof readParts>[1] = {}): AskedForm {
  const read = readParts(parts, more)
  if (!read.ok) throw new Error(read.error.message)
  return read.value
}

test('a form says its model, and where it stands', () => {
  const form = asked([file, model])
  expect(form).toMatchObject({ boundary, model: 'whisper', fallbacks: undefined, stream: false, taken: [] })
  const { start, end, contentStart } = form.modelPart ?? { start: 0, end: 0, contentStart: 0 }
  expect(form.scan.bytes.toString('utf8', contentStart, end)).toBe('whisper')
  expect(start).toBeLessThan(contentStart)
})

test.each<[string, readonly TestPart[], string | undefined, Partial<AskedForm>]>([
  [
    'the list alone',
    [file, { name: 'models', content: 'a' }, { name: 'models[]', content: 'b' }],
    undefined,
    { model: 'a', fallbacks: ['b'] },
  ],
  [
    'a model and a list',
    [file, model, { name: 'models', content: 'b' }],
    undefined,
    { model: 'whisper', fallbacks: ['b'] },
  ],
  [
    'a model that the list repeats',
    [file, model, { name: 'models', content: 'whisper' }],
    undefined,
    { model: 'whisper', fallbacks: [] },
  ],
  ['the path', [file, model], 'deployment', { model: 'deployment', fallbacks: undefined }],
  ['the path alone', [file], 'deployment', { model: 'deployment', modelPart: undefined }],
])('the model comes from %s', (_, parts, inPath, wanted) => {
  expect(asked(parts, { inPath })).toMatchObject(wanted)
})

test.each([
  ['true', true],
  ['True', true],
  ['false', false],
])('stream with the value %s is %s', (content, stream) => {
  expect(asked([file, model, { name: 'stream', content }]).stream).toBe(stream)
})

test('a form that need not hold a certain part may hold only its model', () => {
  expect(asked([model], { operation: variations }).model).toBe('whisper')
})

test.each<[string, readonly TestPart[], object]>([
  ['no model', [file], { code: 'invalid_model', param: 'model', message: expect.stringContaining('is missing') }],
  [
    'an empty model',
    [file, { name: 'model', content: '' }],
    { code: 'invalid_model', message: expect.stringContaining('non-empty') },
  ],
  ['two models', [file, model, model], { code: 'invalid_form', param: 'model' }],
  ['a model that is a file', [file, { ...model, filename: 'm' }], { code: 'invalid_form', param: 'model' }],
  [
    'a model in UTF-16',
    [file, { ...model, line: 'content-type: text/plain; charset=utf-16' }],
    { code: 'invalid_form' },
  ],
  ['a model in base64', [file, { ...model, line: 'content-transfer-encoding: base64' }], { code: 'invalid_form' }],
  ['a model as a list', [file, { name: 'model[]', content: 'a' }], { code: 'invalid_form', param: 'model' }],
  ['stream as a list', [file, model, { name: 'stream [0]', content: 'true' }], { code: 'invalid_form' }],
  [
    'stream twice',
    [file, model, { name: 'stream', content: 'true' }, { name: 'stream', content: 'false' }],
    { code: 'invalid_form', param: 'stream' },
  ],
  ['a word for stream', [file, model, { name: 'stream', content: 'yes' }], { code: 'invalid_type', param: 'stream' }],
  ['no file', [model], { code: 'missing_required_parameter', param: 'file' }],
  [
    'a part that differs from a known one by its case',
    [file, model, { name: 'Model', content: 'other' }],
    { code: 'ambiguous_key', param: 'Model' },
  ],
  [
    'a list that differs from a known one by its case',
    [file, model, { name: 'Models[]', content: 'other' }],
    { code: 'ambiguous_key', param: 'Models[]' },
  ],
  [
    'a place to send it to',
    [file, model, { name: 'base_url', content: 'http://evil' }],
    { code: 'forbidden_param', param: 'base_url' },
  ],
  ['an empty name in the list', [file, model, { name: 'models', content: '' }], { code: 'invalid_models' }],
  [
    'too many names in the list',
    [file, ...Array.from({ length: fallbacksMax + 1 }, (_, n) => ({ name: 'models', content: `m${n}` }))],
    { code: 'invalid_models' },
  ],
])('a form with %s is rejected', (_, parts, wanted) => {
  expect(readParts(parts)).toMatchObject({ ok: false, error: { type: 'bad-body', ...wanted } })
})

test.each(['7bit', '8BIT', 'binary'])('a model may be declared as %s', (encoding) => {
  expect(asked([file, { ...model, line: `content-transfer-encoding: ${encoding}` }]).model).toBe('whisper')
})

test.each(['utf-8', '"UTF-8"', 'us-ascii'])('a model may be declared to be in %s', (charset) => {
  expect(asked([file, { ...model, line: `content-type: text/plain; charset=${charset}` }]).model).toBe('whisper')
})

test.each([
  ['no boundary', 'multipart/form-data'],
  ['two boundaries', `${formType}; boundary=other`],
  ['a character outside of ASCII', `${formType}; x=\u00fc`],
])('a content type with %s is rejected', (_, contentType) => {
  const read = readForm(Buffer.from(testForm([file, model])), {
    contentType,
    operation: transcriptions,
    inPath: undefined,
  })
  expect(read).toMatchObject({ ok: false, error: { code: 'invalid_form' } })
})

test('bytes that are no form are rejected', () => {
  const read = readForm(Buffer.from('{}'), { contentType: formType, operation: transcriptions, inPath: undefined })
  expect(read).toMatchObject({
    ok: false,
    error: { code: 'invalid_form', message: expect.stringContaining('boundary') },
  })
})

test('a model that is no UTF-8 is none', () => {
  const bytes = Buffer.from(testForm([file, { name: 'model', content: '\xff' }]), 'latin1')
  const read = readForm(bytes, { contentType: formType, operation: transcriptions, inPath: undefined })
  expect(read).toMatchObject({ ok: false, error: { code: 'invalid_model' } })
})
