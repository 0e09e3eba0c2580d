import { expect, test } from 'vitest'
import { decidePut } from './decide.ts'
import { fallbackCycles } from './kinds/models/fallback-cycles.ts'
import type { ModelSpec } from './kinds/models/spec.ts'
import { checkState } from './semantics.ts'
import { Gateway, problemsOf, smallGateway, tools } from './test-config.ts'

const target = { provider: 'up', model: 'm' }

test.each<[string, Parameters<Gateway['put']>, string[]]>([
  [
    'a dangling provider',
    ['models', 'x', { targets: [{ provider: 'upp', model: 'm' }] }],
    ['models.x.targets[0].provider: there is no provider "upp"; did you mean "up"?'],
  ],
  [
    "a fallback that is a provider's model",
    ['models', 'x', { targets: [target], fallbacks: ['up/m'] }],
    ['models.x.fallbacks[0]: there is no model "up/m"'],
  ],
  [
    'a fallback to itself',
    ['models', 'x', { targets: [target], fallbacks: ['fast', 'x'] }],
    ['models.x.fallbacks[1]: fallbacks run in a circle: x → x'],
  ],
  ['a dangling team', ['users', 'x', { team: 'ghosts' }], ['users.x.team: there is no team "ghosts"']],
  [
    'a dangling model of an app',
    ['apps', 'x', { models: ['fsat'] }],
    ['apps.x.models[0]: there is no model "fsat"; did you mean "fast"?'],
  ],
  [
    'a name in other letters',
    ['models', 'FAST', { targets: [target] }],
    ['models.FAST: this name is a duplicate of "fast": they differ in case or form only'],
  ],
  [
    'the reserved provider',
    ['providers', 'demo', { kind: 'openai' }],
    ['providers.demo.kind: the name "demo" is reserved for the demo provider'],
  ],
  [
    'Azure without an endpoint',
    ['providers', 'x', { kind: 'azure' }],
    ['providers.x.baseUrl: is required: the endpoint of the resource, https://….openai.azure.com'],
  ],
  [
    'a version of an API that has none',
    ['providers', 'x', { kind: 'anthropic', apiVersion: 'v1' }],
    ['providers.x.apiVersion: only azure has versions of its API to choose from'],
  ],
  [
    'a member for reasoning at an API that has its own',
    ['providers', 'x', { kind: 'anthropic', reasoningBack: 'reasoning' }],
    ['providers.x.reasoningBack: only openai and azure take it: anthropic has a form of its own for reasoning'],
  ],
  [
    'endpoints of an API whose endpoints are known',
    ['providers', 'x', { kind: 'anthropic', endpoints: ['chat'] }],
    ['providers.x.endpoints: only openai has endpoints to choose from: those of anthropic are known'],
  ],
  [
    'an endpoint that is not one of those of a model',
    ['models', 'x', { targets: [{ ...target, endpoint: 'completions' }] }],
    ['models.x.targets[0].endpoint: expected one of chat, responses'],
  ],
  [
    'a cloud without the place that it is called in',
    ['providers', 'x', { kind: 'bedrock' }],
    [
      'providers.x.region: is required: bedrock is called in one',
      'providers.x.credentials: is required: aws: default is what the machine itself may do',
    ],
  ],
  [
    'a place where there are none, and the identity of another cloud',
    ['providers', 'x', { kind: 'openai', region: 'eu', credentials: [{ name: 'm', aws: 'default' }] }],
    [
      'providers.x.region: openai has no regions to choose from',
      'providers.x.credentials[0].aws: openai takes no aws credential, only bedrock does',
    ],
  ],
  [
    'a demo provider elsewhere',
    ['providers', 'x', { kind: 'demo', baseUrl: 'https://x.example' }],
    ['providers.x.baseUrl: a demo provider lives in this process: it takes no such field'],
  ],
  [
    'a reserved model',
    ['models', 'demo/x', { targets: [target] }],
    ['models["demo/x"]: names that begin with "demo/" are reserved for the demo provider'],
  ],
  [
    'two credentials of one name',
    [
      'providers',
      'x',
      {
        kind: 'openai',
        credentials: [
          { name: 'a', apiKey: 'k' },
          { name: 'A', apiKey: 'k' },
        ],
      },
    ],
    ['providers.x.credentials[1].name: another credential here has this name'],
  ],
  [
    'a metadata address',
    ['providers', 'x', { kind: 'openai', baseUrl: 'http://169.254.169.254/v1' }],
    ['providers.x.baseUrl: this is the address of a metadata service: set allowPrivate if you mean it'],
  ],
  [
    'a wrong field beside a dangling one',
    ['models', 'x', { targets: [1, { provider: 'nobody', model: 'm' }], fallbacks: 'fast' }],
    [
      'models.x.targets[0]: expected a map of fields, found a number',
      'models.x.fallbacks: expected a list, found text (write [ ] around it)',
      'models.x.targets[1].provider: there is no provider "nobody"',
    ],
  ],
])('%s is refused', (_, [kind, name, input], expected) => {
  const gateway = smallGateway()
  const before = gateway.state.revision
  expect(problemsOf(gateway.put(kind, name, input))).toEqual(expected)
  expect(gateway.state.revision).toBe(before)
})

test('an endpoint of a target is one of OpenAI’s API', () => {
  const gateway = smallGateway()
  gateway.put('providers', 'claude', { kind: 'anthropic', credentials: [{ name: 'main', apiKey: 'k' }] })
  const put = (provider: string) =>
    gateway.put('models', 'x', { targets: [{ provider, model: 'm', endpoint: 'responses' }] })
  expect(problemsOf(put('claude'))).toEqual([
    'models.x.targets[0].endpoint: only openai and azure have endpoints to choose from: those of anthropic are known',
  ])
  expect(problemsOf(put('up'))).toEqual([])
})

test('a private address is refused under strict egress alone', () => {
  const { state } = new Gateway()
  const command = {
    kind: 'providers' as const,
    name: 'local',
    origin: 'api' as const,
    input: { kind: 'openai', baseUrl: 'http://10.0.0.5/v1' },
  }
  expect(decidePut(state, command, tools).ok).toBe(true)
  expect(problemsOf(decidePut(state, command, { ...tools, egressStrict: true }))).toEqual([
    'providers.local.baseUrl: private addresses need allowPrivate under strict egress',
  ])
})

test('a check of everything finds what a hand-made state gets wrong', () => {
  const { state } = smallGateway()
  const origin = 'api' as const
  state.resources.models.set('Fast', { spec: { targets: [target], fallbacks: ['gone'] }, revision: 3, origin })
  const owner = { user: 'nobody' }
  const key = { id: 'key_1', name: 'k', owner, tokenHash: '', prefix: '', createdAt: '' }
  state.keys.set('key_1', { spec: key, revision: 3, origin })
  expect(checkState(state, tools).map(({ path }) => path)).toEqual([
    'models.Fast.fallbacks[0]',
    'models.Fast',
    'keys.key_1.owner.user',
  ])
})

test('fallbacks that meet again are no circle, and each circle is found once, however long the way', () => {
  const models = (fallbacks: Record<string, string[]>) =>
    new Map(
      Object.entries(fallbacks).map(([name, list]) => {
        const spec: ModelSpec = { targets: [], fallbacks: list }
        return [name, { spec, revision: 1, origin: 'api' as const }]
      }),
    )
  expect(fallbackCycles(models({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] }))).toEqual([])
  expect(fallbackCycles(models({ x: ['a'], a: ['b'], b: ['c', 'a'], c: ['b', 'unknown'] }))).toEqual([
    { model: 'c', index: 0, cycle: ['b', 'c', 'b'] },
    { model: 'b', index: 1, cycle: ['a', 'b', 'a'] },
  ])
  const long = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`m${i}`, [`m${(i + 1) % 20_000}`]]))
  expect(fallbackCycles(models(long))).toHaveLength(1)
})
