import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideDelete, decidePut } from './decide.ts'
import { applyChange, forkState } from './fold.ts'
import { deletedChange, type EnforcedKind, enforcedKinds, laterKinds, setChange } from './kinds/kind.ts'
import { parseSpec } from './parse-spec.ts'
import { publicSpec } from './secret-fields.ts'
import { checkState } from './semantics.ts'
import { Gateway, problemsOf, refusalType, smallGateway, tools } from './test-config.ts'

describe('a put', () => {
  test('of what is stored already changes nothing', () => {
    const gateway = smallGateway()
    const input = { kind: 'openai', credentials: [{ name: 'main', apiKey: 'sk-0123456789-abcdef' }] }
    expect(gateway.put('providers', 'up', input)).toEqual({ ok: true, value: undefined })
    expect(gateway.state.revision).toBe(2)
  })

  test('of what was read back changes nothing, and with another field keeps the secret', () => {
    const gateway = smallGateway()
    const before = gateway.state.resources.providers.get('up')!.spec
    const shown = publicSpec('providers', before)
    expect(shown.credentials).toEqual([{ name: 'main', apiKey: '…cdef' }])
    expect(gateway.put('providers', 'up', shown)).toEqual({ ok: true, value: undefined })
    expect(gateway.put('providers', 'up', { ...shown, baseUrl: 'https://eu.example.com/v1' }).ok).toBe(true)
    expect(gateway.state.resources.providers.get('up')!.spec).toEqual({
      ...before,
      baseUrl: 'https://eu.example.com/v1',
    })
  })

  test('finds a kept secret by its credential, not by its place', () => {
    const gateway = smallGateway()
    const first = { name: 'first', apiKey: 'sk-first-key-of-two-1111' }
    gateway.put('providers', 'up', { kind: 'openai', credentials: [{ name: 'main', apiKey: '…cdef' }, first] })
    gateway.put('providers', 'up', {
      kind: 'openai',
      credentials: [
        { name: 'first', apiKey: '…1111' },
        { name: 'main', apiKey: '…cdef' },
      ],
    })
    expect(gateway.state.resources.providers.get('up')!.spec.credentials).toEqual([
      { name: 'first', apiKey: tools.seal('provider:up', first.apiKey) },
      { name: 'main', apiKey: tools.seal('provider:up', 'sk-0123456789-abcdef') },
    ])
  })

  test.each([
    ['another ending', [{ name: 'main', apiKey: '…9999' }]],
    ['another credential', [{ name: 'other', apiKey: '…cdef' }]],
  ])('with a mask of %s is refused', (_, credentials) => {
    expect(problemsOf(smallGateway().put('providers', 'up', { kind: 'openai', credentials }))).toEqual([
      'providers.up.credentials[0].apiKey: no stored secret here has this mask: give the whole secret',
    ])
  })

  test('that is refused seals nothing', () => {
    const seal = () => expect.unreachable('a secret was sealed')
    const input = { kind: 'openai', baseUrl: 'ftp://x', credentials: [{ name: 'm', apiKey: 'secret' }] }
    const command = { kind: 'providers' as const, name: 'p', input, origin: 'api' as const }
    expect(refusalType(decidePut(new Gateway().state, command, { ...tools, seal }))).toBe('invalid')
    const reserved = { ...command, name: 'demo', input: { kind: 'openai', credentials: input.credentials } }
    expect(refusalType(decidePut(new Gateway().state, reserved, { ...tools, seal }))).toBe('invalid')
  })

  test.each([
    ['the revision of the resource', 2, undefined],
    ['an older revision', 1, { type: 'precondition-failed', current: 2 }],
    ['any revision', 'exists' as const, undefined],
  ])('that expects %s', (_, expectedRevision, error) => {
    const { state } = smallGateway()
    const input = { targets: [{ provider: 'up', model: 'other' }] }
    const decision = decidePut(state, { kind: 'models', name: 'fast', input, origin: 'api', expectedRevision }, tools)
    expect(decision.ok ? undefined : decision.error).toEqual(error)
  })

  test.each([1, 'exists' as const])(
    'that expects %s of an absent resource fails its precondition',
    (expectedRevision) => {
      const { state } = smallGateway()
      const command = { kind: 'teams' as const, name: 'none', input: {}, origin: 'api' as const, expectedRevision }
      expect(decidePut(state, command, tools)).toEqual({
        ok: false,
        error: { type: 'precondition-failed', current: undefined },
      })
      expect(decideDelete(state, command, tools)).toEqual({
        ok: false,
        error: { type: 'precondition-failed', current: undefined },
      })
    },
  )

  test.each(laterKinds)('of %s is refused as not enforced', (kind) => {
    const { state } = smallGateway()
    for (const decision of [
      decidePut(state, { kind, name: 'x', input: {}, origin: 'api' }, tools),
      decideDelete(state, { kind, name: 'x' }, tools),
    ]) {
      expect(refusalType(decision)).toBe('unsupported')
      expect(problemsOf(decision)).toEqual([expect.stringContaining(`${kind} are not enforced by this version`)])
    }
  })
})

describe('a delete', () => {
  test('of what is not there is not found', () => {
    expect(refusalType(smallGateway().delete('teams', 'constructor'))).toBe('not-found')
  })

  test('of what is still used names its users', () => {
    const gateway = smallGateway()
    gateway.put('models', 'spare', { targets: [{ provider: 'up', model: 'm' }], fallbacks: ['fast'] })
    gateway.put('teams', 'search', { models: ['fast', 'up/gpt-5', 'up/*'] })
    gateway.issueKey('key_1', { name: 'k', owner: { team: 'search' }, models: ['fast'] })
    expect(problemsOf(gateway.delete('models', 'fast'))).toEqual([
      'models.fast: cannot be deleted: still used by models.spare.fallbacks[0], teams.search.models[0], keys.key_1.models[0]',
    ])
    expect(problemsOf(gateway.delete('teams', 'search'))).toEqual([
      'teams.search: cannot be deleted: still used by keys.key_1.owner.team',
    ])
    expect(problemsOf(gateway.delete('providers', 'up'))).toEqual([
      'providers.up: cannot be deleted: still used by models.fast.targets[0].provider, ' +
        'models.spare.targets[0].provider, teams.search.models[1], teams.search.models[2]',
    ])
  })
})

describe('an unrelated change', () => {
  test('never looks at the keys', () => {
    const { state } = smallGateway()
    for (const walk of ['entries', 'keys', 'values', 'inOrder'] as const) {
      state.keys.fork = () => ({ [walk]: () => expect.unreachable(`keys.${walk}() was read`) }) as never
    }
    const input = { targets: [{ provider: 'up', model: 'other' }] }
    expect(decidePut(state, { kind: 'models', name: 'fast', input, origin: 'api' }, tools).ok).toBe(true)
    expect(decidePut(state, { kind: 'teams', name: 'new', input: {}, origin: 'api' }, tools).ok).toBe(true)
  })
})

const name = fc.constantFrom('a', 'b', 'A', 'demo', 'demo/a', 'constructor', '__proto__', 'a/b')
const spec = {
  providers: fc.oneof(
    fc.constant({ kind: 'demo' }),
    fc.constant({ kind: 'openai', credentials: [{ name: 'm', apiKey: 'sk-0123456789abcdef' }] }),
    fc.constant({ kind: 'openai', baseUrl: 'http://169.254.169.254/v1' }),
  ),
  models: fc.record({
    targets: fc.array(fc.record({ provider: name, model: fc.constant('m') }), { minLength: 1, maxLength: 2 }),
    fallbacks: fc.array(name, { maxLength: 2 }),
  }),
  teams: fc.record({ models: fc.array(name, { maxLength: 2 }) }),
  users: fc.record({ team: name }, { requiredKeys: [] }),
  apps: fc.record({ team: name }, { requiredKeys: [] }),
  blocks: fc.record({ match: fc.record({ user: name, team: name }, { requiredKeys: [] }) }),
  limits: fc.record({
    per: fc.constantFrom('user', 'metadata.stage'),
    match: fc.record({ model: name, team: name, app: name }, { requiredKeys: [] }),
    requests: fc.integer({ min: 0, max: 3 }),
    window: fc.constantFrom('1m', '1mo', '5y'),
  }),
  budgets: fc.record({
    team: name,
    usd: fc.integer({ min: 0, max: 3 }),
    window: fc.constantFrom('1h', '1d', '7d'),
  }),
  slos: fc.record({
    objective: fc.constant('availability'),
    match: fc.record({ model: name, provider: name, team: name, app: name }, { requiredKeys: [] }),
    webhook: fc.constantFrom('https://x.example', 'http://169.254.169.254/'),
  }),
}
const kind = fc.constantFrom<EnforcedKind>(...enforcedKinds)
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: kind.chain((k) =>
      fc.record({ do: fc.constant('put' as const), kind: fc.constant(k), name, input: spec[k] }),
    ),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), kind, name }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('key' as const),
      id: fc.constantFrom('key_1', 'key_2'),
      owner: fc.constantFrom({ team: 'a' }, { user: 'a' }, { app: 'b' }),
    }),
  },
)

test('no sequence of commands leads to a state with a problem, and no valid one is refused', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const gateway = new Gateway()
      for (const one of steps) {
        const before = forkState(gateway.state)
        const decision =
          one.do === 'put'
            ? gateway.put(one.kind, one.name, one.input)
            : one.do === 'delete'
              ? gateway.delete(one.kind, one.name)
              : gateway.issueKey(one.id, { name: 'k', owner: one.owner })
        expect(checkState(gateway.state, tools)).toEqual([])
        if (decision.ok || one.do === 'key' || refusalType(decision) === 'not-found') continue
        // What the quick checks refuse, the check of everything refuses as well.
        const parsed = one.do === 'put' ? parseSpec(one.kind, one.name, one.input) : undefined
        if (parsed?.ok === false) continue
        const set = setChange(one.kind, one.name, { spec: parsed?.spec as never, origin: 'api' })
        applyChange(before, parsed === undefined ? deletedChange(one.kind, one.name) : set, before.revision + 1)
        expect(checkState(before, tools)).not.toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})
