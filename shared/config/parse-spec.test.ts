import { describe, expect, test } from 'vitest'
import type { EnforcedKind } from './kinds/kind.ts'
import { parseSpec } from './parse-spec.ts'

const upstream = { kind: 'openai', credentials: [{ name: 'main', apiKey: 'k' }] }
const target = { provider: 'up', model: 'm' }

function problems(kind: EnforcedKind, input: unknown, name = 'x'): string[] {
  const parsed = parseSpec(kind, name, input)
  return parsed.ok ? [] : parsed.problems.map((problem) => `${problem.kind} ${problem.path}: ${problem.message}`)
}

describe('a spec passes', () => {
  test.each<[EnforcedKind, unknown]>([
    ['providers', { kind: 'demo' }],
    ['providers', { kind: 'openai', baseUrl: 'http://10.0.0.5:8000/v1' }],
    ['providers', { ...upstream, headers: { 'OpenAI-Organization': 'org' }, allowPrivate: true }],
    ['models', { targets: [{ ...target, model: 'accounts/x/models/llama-v3:70b', weight: 0.5 }] }],
    ['models', { targets: [{ ...target, price: { inputPerMTok: 0, outputPerMTok: 10.5 } }], routing: 'priority' }],
    [
      'models',
      {
        targets: [
          {
            ...target,
            price: {
              inputPerMTok: 1,
              outputPerMTok: 2,
              audioInputPerMTok: 3,
              tiers: { flex: { inputPerMTok: 0.5, outputPerMTok: 1, above: [] } },
              perRequest: { low: 0.005, medium: 0.008, high: 0.012 },
              perWebSearch: 0.01,
            },
          },
        ],
      },
    ],
    ['models', { targets: [target], timeouts: { connect: '250ms', firstToken: '1.5s', idle: '30s', total: '24h' } }],
    ['teams', {}],
    ['teams', { costCenter: '4711', tier: 'gold', metadata: { owner: 'Zoë', constructor: 'x' }, models: ['a', 'b/*'] }],
    ['users', { team: 'search' }],
    ['slos', { objective: 'availability' }],
    ['slos', { match: { target: 'gpt/4:x' }, objective: 'itl', threshold: '50ms', target: 0.95, window: '7d' }],
    ['slos', { match: { key: 'key_1' }, objective: 'total', threshold: '2m', webhook: 'https://h.example/x?token=y' }],
    [
      'slos',
      {
        objective: 'availability',
        webhook: { url: 'http://10.0.0.5/', secret: 'whsec-of-a-test-here', allowPrivate: true },
      },
    ],
  ])('as %s: %j', (kind, input) => {
    expect(parseSpec(kind, 'x', JSON.parse(JSON.stringify(input)))).toEqual({ ok: true, spec: input })
  })

  test('and comes out with its fields in one order, whatever order they came in', () => {
    const one = parseSpec('models', 'x', { fallbacks: ['b'], targets: [{ model: 'm', provider: 'up' }] })
    const other = parseSpec('models', 'x', { targets: [{ provider: 'up', model: 'm' }], fallbacks: ['b'] })
    expect(JSON.stringify(one)).toBe(JSON.stringify(other))
  })
})

describe('a spec is refused', () => {
  test.each<[EnforcedKind, unknown, string[]]>([
    ['teams', null, ['invalid teams.x: expected a map of fields, found nothing']],
    ['teams', [], ['invalid teams.x: expected a map of fields, found a list']],
    ['teams', { costCenter: 4711 }, ['invalid teams.x.costCenter: expected text, found a number (put it in quotes)']],
    [
      'teams',
      { costcentre: 'x' },
      ['invalid teams.x.costcentre: unknown field "costcentre"; did you mean "costCenter"?'],
    ],
    ['teams', { team: 'y' }, ['unsupported teams.x.team: a team within a team is not enforced by this version']],
    ['teams', { models: ['*'] }, [expect.stringMatching(/^invalid teams\.x\.models\[0\]: a name has/)]],
    [
      'users',
      { role: 'admin', spend: 0 },
      ['invalid users.x.role: unknown field "role"', 'invalid users.x.spend: unknown field "spend"'],
    ],
    [
      'slos',
      { objective: 'ttft' },
      ['invalid slos.x.threshold: is required: the ttft that is still good, such as 500ms'],
    ],
    [
      'slos',
      { objective: 'availability', threshold: '1s' },
      ['invalid slos.x.threshold: availability has no threshold'],
    ],
    [
      'slos',
      { objective: 'availability', target: 99.9, window: '30m', match: { teams: 'a' } },
      [
        'invalid slos.x.match.teams: unknown field "teams"; did you mean "team"?',
        'invalid slos.x.target: expected a part from 0.01 to 0.99999, such as 0.999',
        'invalid slos.x.window: expected a duration from 3600000ms to 90d',
      ],
    ],
    [
      'slos',
      { objective: 'availability', webhook: 'https://me:pass@h.example' },
      ['invalid slos.x.webhook: a URL here has no user and no password: a secret belongs into credentials'],
    ],
    [
      'slos',
      { objective: 'availability', webhook: { url: 'ftp://h', secret: '', secrets: 1 } },
      [
        'invalid slos.x.webhook.url: expected an http:// or https:// URL',
        'invalid slos.x.webhook.secret: expected a secret: visible ASCII without spaces',
        'invalid slos.x.webhook.secrets: unknown field "secrets"; did you mean "secret"?',
      ],
    ],
    [
      'slos',
      { objective: 'availability', webhook: { url: 'https://h.example' } },
      ['invalid slos.x.webhook.secret: is required: text'],
    ],
    [
      'slos',
      { objective: 'availability', webhook: 1 },
      ['invalid slos.x.webhook: expected text or a map of fields, found a number'],
    ],
    ['slos', { objective: 'uptime' }, ['invalid slos.x.objective: expected one of availability, ttft, itl, total']],
    ['models', {}, ['invalid models.x.targets: is required: a list']],
    ['models', { targets: [] }, ['invalid models.x.targets: expected at least 1 item']],
    [
      'models',
      { targets: [{ provider: '', model: ' ' }] },
      [
        expect.stringMatching(/^invalid models\.x\.targets\[0\]\.provider: a name has/),
        "invalid models.x.targets[0].model: expected the provider's name of a model: up to 256 visible ASCII characters",
      ],
    ],
    [
      'models',
      { targets: [{ ...target, weight: 0 }] },
      ['invalid models.x.targets[0].weight: expected a number of more than 0'],
    ],
    [
      'models',
      { targets: [{ ...target, weight: 1e7 }] },
      ['invalid models.x.targets[0].weight: expected a number of at most 1000000'],
    ],
    [
      'models',
      { targets: [{ ...target, weight: Number.POSITIVE_INFINITY }] },
      ['invalid models.x.targets[0].weight: expected a number, found an infinite one'],
    ],
    [
      'models',
      { targets: [{ ...target, price: { inputPerMTok: -1, outputPerMTok: 1e15 } }] },
      [
        'invalid models.x.targets[0].price.inputPerMTok: expected a number of at least 0',
        'invalid models.x.targets[0].price.outputPerMTok: expected a number of at most 1000000',
      ],
    ],
    [
      'models',
      { targets: [{ ...target, price: { inputPerMTok: 1, outputPerMtok: 1 } }] },
      [
        'invalid models.x.targets[0].price.outputPerMTok: is required: a number',
        'invalid models.x.targets[0].price.outputPerMtok: unknown field "outputPerMtok"; did you mean "outputPerMTok"?',
      ],
    ],
    [
      'models',
      { targets: [target], routing: 'wieghted' },
      ['invalid models.x.routing: expected one of weighted, priority, latency, cost; did you mean "weighted"?'],
    ],
    [
      'models',
      { targets: [target], routing: 'cost', affinity: {} },
      [
        'unsupported models.x.routing: cost routing is not enforced by this version',
        'unsupported models.x.affinity: affinity is not enforced by this version',
      ],
    ],
    [
      'models',
      { targets: [target], retries: { attempts: 11, on: ['6xx'] } },
      [
        'invalid models.x.retries.attempts: expected a number of at most 10',
        'invalid models.x.retries.on[0]: expected one of 429, 5xx, timeout, connect, 408, 409; did you mean "5xx"?',
      ],
    ],
    [
      'models',
      { targets: [target], retries: { attempts: 1.5 } },
      ['invalid models.x.retries.attempts: expected a whole number, found a number'],
    ],
    [
      'models',
      { targets: [target], timeouts: { total: '25h', idle: '0s', connect: '5 s', firstToken: 5 } },
      [
        'invalid models.x.timeouts.connect: expected a duration such as 250ms, 30s, 10m, 24h or 30d',
        'invalid models.x.timeouts.firstToken: a duration has a unit: write 5s for seconds or 5ms for milliseconds',
        'invalid models.x.timeouts.idle: expected a duration from 1ms to 24h',
        'invalid models.x.timeouts.total: expected a duration from 1ms to 24h',
      ],
    ],
    [
      'providers',
      {},
      [
        expect.stringMatching(
          /^invalid providers\.x\.kind: is required: one of openai, azure, .*, groq, .*, lmstudio$/,
        ),
      ],
    ],
    [
      'providers',
      { kind: 'azure', apiVersion: '1' },
      ['invalid providers.x.apiVersion: expected a version such as 2024-10-21, or v1'],
    ],
    [
      'providers',
      { kind: 'openai', endpoints: ['chat', 'respones'] },
      [
        'invalid providers.x.endpoints[1]: expected one of chat, completions, responses, embeddings, images, speech, transcriptions, moderations, rerank, realtime, files, batches; did you mean "responses"?',
      ],
    ],
    [
      'providers',
      { kind: 'openai', credentials: [{ name: 'm' }] },
      ['invalid providers.x.credentials[0].apiKey: is required: a secret'],
    ],
    [
      'providers',
      { kind: 'azure', credentials: [{ name: 'm', azure: 'default', apiKey: 'k' }] },
      ['invalid providers.x.credentials[0].azure: stands beside apiKey: a credential is one of them'],
    ],
    [
      'providers',
      { kind: 'bedrock', credentials: [{ name: 'm', aws: { accessKeyId: 'AKIA' } }] },
      ['invalid providers.x.credentials[0].aws.secretAccessKey: accessKeyId and secretAccessKey stand together'],
    ],
    ...['', ' ', 'a b', 'a\r\nx: y', 'ключ'].map((apiKey): [EnforcedKind, unknown, string[]] => [
      'providers',
      { kind: 'openai', credentials: [{ name: 'm', apiKey }] },
      ['invalid providers.x.credentials[0].apiKey: expected a secret: visible ASCII without spaces'],
    ]),
    [
      'providers',
      { kind: 'openai', headers: { Authorization: 'x', 'x-auth-token': 'x', Host: 'x', 'a:b': 'x', ok: 'x\r\ny' } },
      [
        'invalid providers.x.headers["a:b"]: expected the name of a header',
        'invalid providers.x.headers.ok: expected visible ASCII',
      ],
    ],
    [
      'providers',
      { kind: 'openai', headers: { Authorization: 'x', 'x-auth-token': 'x', Host: 'x', 'X-A': '1', 'x-a': '2' } },
      [
        'invalid providers.x.headers.Authorization: headers are stored readable: a secret belongs into credentials',
        'invalid providers.x.headers.x-auth-token: headers are stored readable: a secret belongs into credentials',
        'invalid providers.x.headers.Host: this header is set by the gateway',
        'invalid providers.x.headers.x-a: this header stands here twice',
      ],
    ],
    [
      'providers',
      { kind: 'openai', tls: { ca: 'x', key: 'y' } },
      [
        'invalid providers.x.tls.ca: expected certificates in PEM',
        'invalid providers.x.tls.key: expected a private key in PEM',
      ],
    ],
  ])('as %s: %j', (kind, input, expected) => {
    expect(problems(kind, input)).toEqual(expected)
  })

  test.each([
    '',
    '.',
    '..',
    'a/../b',
    'a..b',
    '/a',
    'a/',
    'a//b',
    'a b',
    'a*',
    'a>',
    'a\n',
    'ｆａｓｔ',
    '__proto__',
    'a'.repeat(129),
  ])('under the name %j', (name) => {
    expect(problems('teams', {}, name)).toEqual([expect.stringContaining('a name has 1 to 128 of the characters')])
  })

  test('when it would be too deep or too large to look at, and when it would reach a prototype', () => {
    let deep: unknown = 'x'
    for (let depth = 0; depth < 100_000; depth++) deep = [deep]
    expect(problems('teams', { metadata: deep })).toEqual([expect.stringContaining('nested too deeply')])
    expect(problems('models', { targets: Array.from({ length: 60_000 }, () => 1) })).toEqual([
      expect.stringContaining('too large for one resource'),
    ])
    const polluting = JSON.parse('{"metadata":{"__proto__":{"polluted":"yes"}}}')
    expect(problems('teams', polluting)).toEqual(['invalid teams.x.metadata.__proto__: unknown field "__proto__"'])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test('without more than 64 characters of what came, and without control characters', () => {
    const [problem = ''] = problems('teams', { [`\u001b[31m${'x'.repeat(500)}`]: 1 })
    expect(problem.length).toBeLessThan(250)
    expect(problem).not.toMatch(/\p{Cc}|x{65}/u)
  })
})
