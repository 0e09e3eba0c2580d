// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what a document holds
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDocument } from './document.ts'

const env = { KEY: 'sk-from-environment', EMPTY: '', NESTED: '${KEY}' }
const readFile = (path: string) => {
  if (path !== '/run/secrets/openai') throw new Error('no such file')
  return 'sk-from-file\n'
}

function problems(text: string, format: 'yaml' | 'json' = 'yaml'): string[] {
  return parseDocument(text, { format, env, readFile }).problems.map(
    ({ path, message, line, column }) => `${line}:${column} ${path}: ${message}`,
  )
}

function provider(apiKey: string): string {
  return `providers: { up: { credentials: [{ name: m, apiKey: ${apiKey} }] } }`
}

describe('a document', () => {
  test('in YAML and in JSON gives the same resources', () => {
    const yaml = parseDocument('# schema\nteams:\n  a: { costCenter: "1" }\nusers:\n', { format: 'yaml' })
    const json = parseDocument('\ufeff{\n\t"teams": { "a": { "costCenter": "1" } } }', { format: 'json' })
    expect(yaml.resources).toEqual([{ kind: 'teams', name: 'a', input: { costCenter: '1' } }])
    expect(json.resources).toEqual(yaml.resources)
    expect([...yaml.problems, ...json.problems]).toEqual([])
  })

  test('may repeat itself through anchors', () => {
    const { resources, problems } = parseDocument('teams: { a: &one { costCenter: x }, b: *one }', { format: 'yaml' })
    expect(resources.map(({ input }) => input)).toEqual([{ costCenter: 'x' }, { costCenter: 'x' }])
    expect(problems).toEqual([])
  })

  test.each([
    ['${KEY}', 'sk-from-environment'],
    ['a-${KEY}-b', 'a-sk-from-environment-b'],
    ['${NONE:-fallback}', 'fallback'],
    ['${EMPTY:-fallback}', 'fallback'],
    ['a${EMPTY}', 'a'],
    ['${NESTED}', '${KEY}'],
    ['$${KEY}', '${KEY}'],
    ['$KEY', '$KEY'],
    ['file:/run/secrets/openai', 'sk-from-file'],
  ])('puts in %s as %s', (text, value) => {
    const document = parseDocument(provider(JSON.stringify(text)), { format: 'yaml', env, readFile })
    expect(document.problems).toEqual([])
    expect(document.resources[0]?.input).toEqual({ credentials: [{ name: 'm', apiKey: value }] })
  })

  test("reads the secret of an objective's webhook from a file, and warns where it stands in the open", () => {
    const text = (secret: string) =>
      `slos: { a: { objective: availability, webhook: { url: "https://h.example", secret: ${secret} } } }`
    const read = (secret: string) => parseDocument(text(secret), { format: 'yaml', env, readFile })
    const filed = read('file:/run/secrets/openai')
    expect(filed.resources[0]?.input).toMatchObject({ webhook: { secret: 'sk-from-file' } })
    expect(filed.warnings).toEqual([])
    expect(read('whsec').warnings.map(({ path }) => path)).toEqual(['slos.a.webhook.secret'])
  })

  test.each<[string, object]>([
    ['aws', { accessKeyId: 'AKIA1234', secretAccessKey: 'FILE', sessionToken: 'FILE' }],
    ['azure', { tenantId: 't', clientId: 'c', clientSecret: 'FILE' }],
  ])('reads every secret of %s from a file', (cloud, fields) => {
    const json = (secret: string) => JSON.stringify(fields).replaceAll('FILE', secret)
    const text = `providers: { up: { credentials: [{ name: m, ${cloud}: ${json('file:/run/secrets/openai')} }] } }`
    const { resources, problems, warnings } = parseDocument(text, { format: 'yaml', env, readFile })
    expect([problems, warnings]).toEqual([[], []])
    expect(resources[0]?.input).toEqual({ credentials: [{ name: 'm', [cloud]: JSON.parse(json('sk-from-file')) }] })
  })

  test('tells what lies in this machine from what lies in the document', () => {
    const text = 'providers:\n  a: { baseUrl: "${NONE}" }\n  b: { tls: { key: file:/nowhere } }\n  b: {}\n'
    const { problems, unfilled } = parseDocument(text, { format: 'yaml', env, readFile })
    expect(unfilled.map(({ path, line }) => [path, line])).toEqual([
      ['providers.a.baseUrl', 2],
      ['providers.b.tls.key', 3],
    ])
    expect(problems).toHaveLength(3)
  })

  test('reads files for secrets alone', () => {
    const { resources } = parseDocument('teams: { a: { costCenter: file:/etc/passwd } }', { format: 'yaml', readFile })
    expect(resources[0]?.input).toEqual({ costCenter: 'file:/etc/passwd' })
  })

  test.each([
    [
      'sk-plain',
      [
        {
          path: 'providers.up.credentials[0].apiKey',
          message: expect.stringContaining('plain text'),
          line: 1,
          column: 53,
        },
      ],
    ],
    ['"${KEY}"', []],
    ['file:/run/secrets/openai', []],
    ['"…5678"', []],
  ])('with the secret %s warns of %j', (secret, warnings) => {
    expect(parseDocument(provider(secret), { format: 'yaml', env, readFile }).warnings).toEqual(warnings)
    expect(parseDocument(provider(secret), { format: 'yaml' }).warnings).toEqual([])
  })

  test('from afar is given neither variables nor files', () => {
    const messages = (text: string) => parseDocument(text, { format: 'yaml' }).problems.map(({ message }) => message)
    expect(messages(provider('"${HEADGATE_MASTER_KEY}"'))).toEqual([
      '${HEADGATE_MASTER_KEY} is filled in only for a document of this machine',
    ])
    expect(messages(provider('file:/etc/shadow'))).toEqual(['files are read only for a document of this machine'])
  })

  test.each<[string, string[]]>([
    [provider('"${NONE}"'), ['1:53 providers.up.credentials[0].apiKey: the variable NONE is not set']],
    [provider('"${constructor}"'), ['1:53 providers.up.credentials[0].apiKey: the variable constructor is not set']],
    [provider('"${A B}"'), [expect.stringContaining('a variable is written ${NAME}')]],
    [provider('"${KEY"'), [expect.stringContaining('a variable is written ${NAME}')]],
    [provider('file:/nowhere'), ['1:53 providers.up.credentials[0].apiKey: cannot read "file:/nowhere": no such file']],
    [provider('"${EMPTY}"'), ['1:53 providers.up.credentials[0].apiKey: the variable EMPTY is set, but empty']],
    ['teams:\n  a: {}\n  b: {}\n  a: {}\n', ['4:3 teams.a: this key stands here twice']],
    [
      'teams: { a: { tier: !!js/function "x" } }',
      [expect.stringContaining('teams.a.tier: tags are not accepted here')],
    ],
    ['teams: { a: !!binary aGk= }', [expect.stringContaining('tags are not accepted here')]],
    ['teams: { ? [a] : {} }', ['1:12 teams: a key is plain text']],
    ['teams: { a: *nobody }', [expect.stringContaining('1:13')]],
    ['teams: &loop { a: *loop }', [expect.stringContaining('nested too deeply')]],
    ['teams: [a', [expect.stringMatching(/^1:1\d : Flow sequence/)]],
    ['a: 1\n---\nb: 2', [expect.stringContaining('only one document')]],
    ['# only a comment', ['undefined:undefined : the document is empty; write {} to mean that there is nothing']],
    ['text', [expect.stringContaining('expected a map of providers')]],
    ['model: {}', ['1:1 model: unknown kind "model"; did you mean "models"?']],
    ['keys: {}', [expect.stringContaining('keys are no part of a document')]],
    ['teams: []', [expect.stringContaining('teams: expected a map by name')]],
    ['['.repeat(50_000), [expect.stringContaining('nested too deeply')]],
    ['teams: ' + '['.repeat(60) + ']'.repeat(60), [expect.stringContaining('nested too deeply'), expect.any(String)]],
    [`# ${'x'.repeat(4 << 20)}`, [expect.stringContaining('a document has at most 4194304 bytes')]],
  ])('is refused with all of its problems, case %#', (text, expected) => {
    expect(problems(text)).toEqual(expected)
  })

  test.each([
    ['{"teams": {"a": {},}}', '1:20 : this is not JSON'],
    ["{'teams': {}}", '1:2 : this is not JSON'],
    ['{"teams": {\n"a": {}, "a": {}}}', '2:10 teams.a: this key stands here twice'],
    ['', 'undefined:undefined : this is not JSON'],
  ])('in JSON is refused as %j', (text, expected) => {
    expect(problems(text, 'json')).toEqual([expected])
  })

  test('that its aliases would blow up is refused before they do', () => {
    const letters = [...'abcdefghi']
    const bomb = letters.map((letter, i) => {
      const item = i === 0 ? 'x' : `*${letters[i - 1]}`
      return `${letter}: &${letter} [${Array.from({ length: 9 }, () => item).join(',')}]`
    })
    const { problems: found } = parseDocument(bomb.join('\n'), { format: 'yaml' })
    expect(found.map(({ message }) => message)).toContain('the document is too large, with what its aliases repeat')
  })

  test('finds the place of a problem, or of the nearest thing around it', () => {
    const { locate } = parseDocument('models:\n  gpt-4.1:\n    targets:\n      - provider: up\n', { format: 'yaml' })
    const at = (path: string) => {
      const { line, column } = locate({ path, message: '', kind: 'invalid' })
      return [line, column]
    }
    expect(at('models["gpt-4.1"]')).toEqual([2, 3])
    expect(at('models["gpt-4.1"].targets[0].provider')).toEqual([4, 9])
    expect(at('models["gpt-4.1"].targets[0].model')).toEqual([4, 9])
    expect(at('models["gpt-4.1"].routing')).toEqual([2, 3])
    expect(at('teams.elsewhere')).toEqual([1, 1])
  })

  test('of any text never throws', () => {
    const piece = fc.constantFrom(
      'teams',
      ':',
      ' ',
      '\n',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '"',
      "'",
      '- ',
      '? ',
      '!!js',
      '${',
      '|',
      '#',
      '\t',
      '__proto__',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
        ),
        (text) => {
          for (const format of ['yaml', 'json'] as const) {
            const document = parseDocument(text, { format, env, readFile })
            expect(Array.isArray(document.problems)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
