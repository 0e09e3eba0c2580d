import { expect, test } from 'vitest'
import { testTarget } from '../providers/test-target.ts'
import { boundary, formType, type TestPart, testForm } from '../request/test-form.ts'
import { askSample, samples, translatorsOf } from './test-translators.ts'
import type { Translator } from './translator.ts'

const file: TestPart = { name: 'file', content: 'RIFF', filename: 'a.wav' }
const target = testTarget({ model: 'whisper-1' })

function translatorOf(parts: readonly TestPart[], path = '/v1/audio/transcriptions', to = target): Translator {
  const asked = askSample({ path, headers: { 'content-type': formType, 'openai-beta': 'x' }, body: testForm(parts) })
  const chosen = translatorsOf(asked).to(to, false)
  if (!chosen.ok) throw new Error(chosen.error.type)
  return chosen.value
}

const sent = ({ body }: Translator) => Buffer.concat(body).toString()

test('the model in a form becomes that of the target, and every other byte stays', () => {
  const translator = translatorOf([file, { name: 'model', content: 'm' }, { name: 'language', content: 'de' }])
  expect(sent(translator)).toBe(
    testForm([file, { name: 'model', content: 'whisper-1' }, { name: 'language', content: 'de' }]),
  )
  expect(translator).toMatchObject({ path: '/v1/audio/transcriptions', contentType: formType, passesThrough: true })
  expect(translator.headerLines).toContain('openai-beta: x\r\n')
})

test('a form without a model is given one, and names that are for the gateway go out', () => {
  const listed = [
    { name: 'models', content: 'm' },
    { name: 'models[]', content: 'n' },
  ]
  const model = { name: 'model', content: 'whisper-1' }
  expect(sent(translatorOf([file, ...listed]))).toBe(testForm([model, file]))
  expect(sent(translatorOf([...listed, file]))).toBe(testForm([model, file]))
})

test('the bytes of files are what is charged where the answer tells nothing', () => {
  const { units } = translatorOf([file, { name: 'model', content: 'm' }, { ...file, content: 'RI' }])
  expect(units).toEqual({ unit: 'bytes', amount: 6 })
})

test('the deployment stands in the path at Azure, and its model in the form', () => {
  const azure = testTarget({ kind: 'azure', model: 'my deployment' })
  const translator = translatorOf([file, { name: 'model', content: 'm' }], '/v1/audio/transcriptions', azure)
  expect(translator.path).toBe('/openai/deployments/my%20deployment/audio/transcriptions?api-version=2024-10-21')
})

test('a target without the operation is told by its name', () => {
  const claude = testTarget({ kind: 'anthropic' })
  const translators = translatorsOf(askSample(samples.transcriptions))
  const unspoken = { type: 'unspoken', route: '/v1/audio/transcriptions' } as const
  expect(translators.to(claude, false)).toEqual({ ok: false, error: unspoken })
  expect([translators.could(claude, false, unspoken), translators.could(target, false, unspoken)]).toEqual([
    false,
    true,
  ])
})

test('a model whose name would end the form is refused', () => {
  const odd = testTarget({ model: `x${boundary}y` })
  expect(translatorsOf(askSample(samples.transcriptions)).to(odd, false)).toMatchObject({
    ok: false,
    error: { type: 'unreadable', path: 'model' },
  })
})
