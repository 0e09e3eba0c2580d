import { describe, expect, test } from 'vitest'
import { AllowList } from '../auth/callers.ts'
import { testTarget } from '../providers/test-target.ts'
import { routeTo, testCaller, testSnapshot } from '../request/test-request.ts'
import { modelsThatCould } from './capable-models.ts'
import { askSample, jsonTranslators, samples } from './test-translators.ts'

const openai = testTarget()
const claude = testTarget({ kind: 'anthropic' })
const unspoken = { type: 'unspoken', route: '/v1/audio/speech' } as const
const speech = jsonTranslators(askSample(samples.speech))

function modelsOf(
  routes: Parameters<typeof testSnapshot>[0],
  allowed?: readonly string[],
): readonly string[] | undefined {
  const models = allowed === undefined ? undefined : new AllowList(allowed)
  return modelsThatCould(unspoken, speech, { snapshot: testSnapshot(routes), caller: { ...testCaller, models } })
}

test('models with a target that could take the request are named', () => {
  const two = routeTo('two', claude)
  const mixed = { ...two, targets: [...two.targets, ...routeTo('two', openai).targets] }
  expect(modelsOf({ voice: routeTo('voice', openai), claude: routeTo('claude', claude), two: mixed })).toEqual([
    'voice',
    'two',
  ])
})

test('models that the caller may not use are not', () => {
  expect(modelsOf({ voice: routeTo('voice', openai), other: routeTo('other', openai) }, ['other'])).toEqual(['other'])
})

test('the demo provider is never recommended', () => {
  const demo = testTarget({ kind: 'demo' })
  const chat = jsonTranslators(askSample(samples.chat))
  const snapshot = testSnapshot({ demo: routeTo('demo', demo), real: routeTo('real', openai) })
  expect(modelsThatCould(unspoken, chat, { snapshot, caller: testCaller })).toEqual(['real'])
})

test('five are named at most', () => {
  const names = Array.from({ length: 8 }, (_, n) => `m${n}`)
  const routes = Object.fromEntries(names.map((name) => [name, routeTo(name, openai)]))
  expect(modelsOf(routes)).toEqual(names.slice(0, 5))
})

test('a strict model that would have to drop a parameter is not', () => {
  const sample = {
    path: '/v1/chat/completions',
    body: { model: 'm', messages: [{ role: 'user', content: 'x' }], seed: 1 },
  }
  const translators = jsonTranslators(askSample(sample))
  const [lax, strict] = [routeTo('lax', claude), { ...routeTo('strict', claude), strict: true }]
  expect(
    modelsThatCould(unspoken, translators, { snapshot: testSnapshot({ lax, strict }), caller: testCaller }),
  ).toEqual(['lax'])
})

describe('where looking would cost too much', () => {
  const claudes = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [`m${n}`, { ...routeTo(`m${n}`, claude), strict: true }]),
    )
  const chat = (bytes: number) => {
    const body = { model: 'm', seed: 1, messages: [{ role: 'user', content: 'x'.repeat(bytes) }] }
    return jsonTranslators(askSample({ path: '/v1/chat/completions', body }))
  }
  const found = (bytes: number, routes: Parameters<typeof testSnapshot>[0]) =>
    modelsThatCould(unspoken, chat(bytes), { snapshot: testSnapshot(routes), caller: testCaller })

  test('a large body is not parsed for it: it is not known', () => {
    expect(found(300_000, claudes(1))).toBeUndefined()
    expect(found(200, claudes(1))).toEqual([])
  })

  test('it ends after a megabyte of bodies', () => {
    expect(found(100_000, claudes(9))).toEqual([])
    expect(found(100_000, claudes(20))).toBeUndefined()
  })

  test('models that were found before are named', () => {
    const routes = { lax: routeTo('lax', claude), ...claudes(20) }
    expect(found(100_000, routes)).toEqual(['lax'])
  })
})
