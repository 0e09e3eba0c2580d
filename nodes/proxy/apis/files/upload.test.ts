import { expect, test } from 'vitest'
import { ManualClock } from '../../../../shared/clock.ts'
import { boundary, formType, type TestPart, testForm } from '../../request/test-form.ts'
import { accountAt, filesRequest, ids, owner, type TestFilesOptions, vault } from './test-files.ts'
import { readUpload } from './upload.ts'

const file = (content: string, filename = 'a.jsonl'): TestPart => ({ name: 'file', content, filename })
const purpose = (content: string): TestPart => ({ name: 'purpose', content })
const line = (model: unknown) => `${JSON.stringify({ custom_id: '1', body: { model, messages: [] } })}\n`

function uploadOf(parts: readonly TestPart[], { headers = {}, ...options }: TestFilesOptions = {}) {
  const request = filesRequest({ headers: { 'content-type': formType, ...headers }, body: testForm(parts), ...options })
  return readUpload(request, { ids, owner, clock: new ManualClock() })
}

async function sent(parts: readonly TestPart[], options: TestFilesOptions = {}) {
  const read = await uploadOf(parts, options)
  if (!read.ok) throw new Error(JSON.stringify(read.error))
  return { ...read.value, text: Buffer.concat(read.value.body).toString() }
}

test('a file goes on as it came, with a mark in front of its name', async () => {
  const { text, mark, fileBytes, account } = await sent([file('Grüße', 'näme.txt'), purpose('user_data')])
  const marked = `hg.${ids.tokenOf({ owner, models: [] })}.näme.txt`
  expect(text).toBe(testForm([file('Grüße', marked), purpose('user_data')]))
  expect([mark, fileBytes, account.provider]).toEqual([{ owner, models: [] }, 7, 'vault'])
})

test('models of a batch get their names at the provider, and stand in the mark', async () => {
  const { text, mark } = await sent([purpose('batch'), file(line('fast') + line('smart') + line('fast'))])
  expect(mark).toEqual({ owner, models: ['fast', 'smart'] })
  expect(text).toContain(line('gpt-fast') + line('gpt-smart') + line('gpt-fast'))
  expect(text).toContain(`filename="hg.${ids.tokenOf(mark)}.a.jsonl"`)
})

test('a batch goes to the provider of its first model where none is named', async () => {
  const accounts = [vault, accountAt('other')]
  expect((await sent([purpose('batch'), file(line('elsewhere'))], { accounts })).account.provider).toBe('other')
  const other = await uploadOf([purpose('batch'), file(line('elsewhere') + line('fast'))], { accounts })
  expect(other).toMatchObject({
    ok: false,
    error: { code: 'invalid_batch_line', message: expect.stringMatching(/^Line 2.*`fast`/) },
  })
})

test.each<[string, unknown, TestFilesOptions, string]>([
  ['an unknown model', 'nothing', {}, 'Line 2 names the model `nothing`, which is not there for this key.'],
  ['a model of somebody else', 'smart', { allowed: ['fast'] }, 'Line 2 names the model `smart`, which is not there'],
  ['a model at another provider', 'elsewhere', {}, 'Line 2 names the model `elsewhere`, which is not at the provider'],
  ['a model without batches', 'claude', {}, 'Line 2 names the model `claude`, which is not at the provider'],
  ['no model', undefined, {}, 'Line 2 names no model'],
  ['a model that is none', { a: 1 }, {}, 'Line 2 names no model'],
  [
    'a model without a price, where that is refused',
    'refused',
    {},
    'names the model `refused`, which has no known price',
  ],
])('a batch file with %s is refused', async (_, model, options, says) => {
  const read = await uploadOf([purpose('batch'), file(line('fast') + line(model))], options)
  expect(read).toMatchObject({
    ok: false,
    error: { code: 'invalid_batch_line', message: expect.stringContaining(says) },
  })
})

test('a file of any other purpose may hold anything', async () => {
  expect((await sent([purpose('user_data'), file(line('nothing'))])).text).toContain(line('nothing'))
})

const plain = { name: 'file', content: 'x' }

test.each<[string, readonly TestPart[], object]>([
  ['no file', [purpose('batch')], { code: 'missing_required_parameter', param: 'file' }],
  ['no purpose', [file('x')], { code: 'missing_required_parameter', param: 'purpose' }],
  ['two purposes', [purpose('user_data'), file('x'), purpose('batch')], { code: 'invalid_form', param: 'purpose' }],
  ['a purpose that is nearly batch', [purpose(' Batch'), file('x')], { code: 'invalid_value', param: 'purpose' }],
  ['a second file', [purpose('user_data'), file('x'), file('y')], { code: 'invalid_form', param: 'file' }],
  ['a list of files', [purpose('user_data'), file('x'), { ...file('y'), name: 'file[]' }], { code: 'invalid_form' }],
  [
    'a list of purposes',
    [purpose('x'), file('x'), { name: 'purpose [0]', content: 'batch' }],
    { code: 'invalid_form' },
  ],
  [
    'another address',
    [purpose('x'), file('x'), { name: 'api_base', content: 'http://x' }],
    { code: 'forbidden_param' },
  ],
  ['a file that is a plain value', [purpose('x'), plain], { code: 'invalid_form', param: 'file' }],
  ['a purpose that is a file', [{ ...purpose('x'), filename: 'p' }, file('x')], { code: 'invalid_form' }],
  [
    'a purpose in another encoding',
    [{ ...purpose('x'), line: 'content-transfer-encoding: base64' }, file('x')],
    { code: 'invalid_form' },
  ],
])('an upload with %s is refused', async (_, parts, error) => {
  expect(await uploadOf(parts)).toMatchObject({ ok: false, error: { type: 'bad-body', ...error } })
})

test('what is no form is refused', async () => {
  const parts = [purpose('user_data'), file('x')]
  for (const headers of [{ 'content-type': 'multipart/form-data' }, { 'content-type': `${formType}; x=\u00fc` }])
    expect(await uploadOf(parts, { headers })).toMatchObject({ ok: false, error: { code: 'invalid_form' } })
  expect(await uploadOf(parts, { body: `--${boundary}oops` })).toMatchObject({ error: { code: 'invalid_form' } })
})

test('one of several providers has to be named, and the named one is asked', async () => {
  const parts = [purpose('user_data'), file('x')]
  const accounts = [vault, accountAt('other')]
  expect(await uploadOf(parts, { accounts })).toMatchObject({ ok: false, error: { code: 'provider_required' } })
  expect((await sent(parts, { accounts, query: 'provider=other' })).account.provider).toBe('other')
})
