// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what a document holds
import { describe, expect, test } from 'vitest'
import { parseDocument } from '../document.ts'
import { parseSpec } from '../parse-spec.ts'

const env = {
  W: '3',
  T: 'true',
  F: 'false',
  DIGITS: '0123456789',
  NUMBER: '42',
  WORD: 'much',
  HUGE: '1e400',
  NEXT: '2',
}

function problemsOf(yaml: string, format: 'yaml' | 'json' = 'yaml'): string[] {
  const document = parseDocument(yaml, { format, env })
  const found = document.resources.flatMap(({ kind, name, input }) => {
    const parsed = parseSpec(kind, name, input)
    return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`)
  })
  return [...document.problems.map(({ message }) => message), ...found]
}

const weighted = (weight: string) =>
  `models:\n  m:\n    targets:\n      - provider: p\n        model: x\n        weight: ${weight}\n`
const provider = (fields: string) =>
  `providers:\n  p:\n    kind: openai\n    baseUrl: http://127.0.0.1:1/v1\n    ${fields}\n`

describe('a variable that is a whole value', () => {
  test.each([
    ['a number', weighted('${W}')],
    ['a number in quotes', weighted('"${W}"')],
    ['a default that is a number', weighted('${NONE:-0.5}')],
    ['a boolean', provider('allowPrivate: ${T}')],
    ['a boolean that is false', provider('allowPrivate: ${F}')],
    ['a boolean or a list', provider('bareNames: ${F}')],
    ['a number deep in a value', `${weighted('${W}')}    retries: { attempts: "\${NEXT}" }\n`],
  ])('becomes %s where the schema wants one', (_, yaml) => {
    expect(problemsOf(yaml)).toEqual([])
  })

  test('does so in JSON too', () => {
    expect(
      problemsOf(
        JSON.stringify({ models: { m: { targets: [{ provider: 'p', model: 'x', weight: '${W}' }] } } }),
        'json',
      ),
    ).toEqual([])
  })

  test.each(['DIGITS', 'NUMBER', 'T'])('stays a text where a text is wanted, whatever it looks like: %s', (name) => {
    const { resources } = parseDocument(provider(`credentials: [{ name: a, apiKey: "\${${name}}" }]`), {
      format: 'yaml',
      env,
    })
    expect(resources[0]?.input).toMatchObject({ credentials: [{ apiKey: env[name as keyof typeof env] }] })
  })

  test.each([
    ['a word', weighted('${WORD}')],
    ['a number out of range', weighted('${HUGE}')],
    ['a boolean in place of a number', weighted('${T}')],
    ['two variables in one value', weighted('"${W}${W}"')],
    ['text without a variable', weighted('"3"')],
  ])('is refused as %s', (_, yaml) => {
    expect(problemsOf(yaml)).toHaveLength(1)
  })
})
