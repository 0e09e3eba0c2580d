import { expect, test } from 'vitest'
import { decidePut } from '../../decide.ts'
import { publicResources } from '../../public-view.ts'
import { Gateway, problemsOf, smallGateway, tools } from '../../test-config.ts'

const strong = 'whsec-0123456789-abcdef'

const available = { objective: 'availability' }

test('an objective names what is there', () => {
  const match = { model: 'fsat', provider: 'upp', team: 'x', user: 'x', app: 'x', key: 'key_9' }
  expect(problemsOf(smallGateway().put('slos', 'all', { ...available, match }))).toEqual([
    'slos.all.match.model: there is no model "fsat"; did you mean "fast"?',
    'slos.all.match.provider: there is no provider "upp"; did you mean "up"?',
    'slos.all.match.team: there is no team "x"',
    'slos.all.match.user: there is no user "x"',
    'slos.all.match.app: there is no app "x"',
    'slos.all.match.key: there is no key with the id "key_9"',
  ])
})

test('a model that is addressed at its provider can have an objective', () => {
  expect(smallGateway().put('slos', 'direct', { ...available, match: { model: 'up/gpt-4o' } }).ok).toBe(true)
})

test('what an objective names cannot be deleted', () => {
  const gateway = smallGateway()
  gateway.put('slos', 'fast', { ...available, match: { model: 'fast' } })
  expect(problemsOf(gateway.delete('models', 'fast'))).toEqual([
    'models.fast: cannot be deleted: still used by slos.fast.match.model',
  ])
})

test('a key is revoked whoever names it, and its objective can still be written', () => {
  const gateway = smallGateway()
  gateway.issueKey('key_1', { name: 'k' })
  const spec = { ...available, match: { key: 'key_1' } }
  gateway.put('slos', 'one', spec)
  expect(gateway.settle({ ok: true, value: { type: 'key-revoked', keyId: 'key_1' } }).ok).toBe(true)
  expect(gateway.put('slos', 'one', { ...spec, target: 0.99 }).ok).toBe(true)
  expect(problemsOf(gateway.put('slos', 'two', spec))).toHaveLength(1)
})

test.each([
  ['a webhook at a metadata service', 'http://169.254.169.254/x', false, 'slos.x.webhook'],
  ['a private one under strict egress', 'https://10.0.0.5/', true, 'slos.x.webhook'],
  ['plain http under strict egress', { url: 'http://h.example/', secret: strong }, true, 'slos.x.webhook.url'],
])('%s is refused', (_, webhook, egressStrict, path) => {
  const command = { kind: 'slos' as const, name: 'x', origin: 'api' as const, input: { ...available, webhook } }
  const decision = decidePut(new Gateway().state, command, { ...tools, egressStrict })
  expect(problemsOf(decision).map((problem) => problem.split(': ')[0])).toEqual([path])
})

test('a private webhook is allowed where it says so', () => {
  const webhook = { url: 'http://10.0.0.5/', secret: strong, allowPrivate: true }
  const command = { kind: 'slos' as const, name: 'x', origin: 'api' as const, input: { ...available, webhook } }
  expect(decidePut(new Gateway().state, command, { ...tools, egressStrict: true }).ok).toBe(true)
})

test("a webhook's secret is sealed, shown as a mask and kept by it", () => {
  const gateway = new Gateway()
  const url = 'https://hooks.example/x'
  gateway.put('slos', 'x', { ...available, webhook: { url, secret: 'whsec-0123456789-abcdef' } })
  const stored = gateway.state.resources.slos.get('x')!.spec
  expect(stored.webhook).toEqual({ url, secret: tools.seal('slo:x', 'whsec-0123456789-abcdef') })
  const shown = publicResources(gateway.state).slos['x']!
  expect(shown.webhook).toEqual({ url, secret: '…cdef' })
  expect(gateway.put('slos', 'x', shown)).toEqual({ ok: true, value: undefined })
})

test.each(['s', 'a'.repeat(32), 'secret-secret-secret', '0123456789abcdef'])(
  'a webhook has no secret like %j',
  (secret) => {
    const webhook = { url: 'https://hooks.example/x', secret }
    const command = { kind: 'slos' as const, name: 'x', origin: 'api' as const, input: { ...available, webhook } }
    expect(problemsOf(decidePut(new Gateway().state, command, tools))).toEqual([
      expect.stringMatching(/^slos\.x\.webhook\.secret: expected at least 16 characters/),
    ])
  },
)

test('there are only so many objectives', () => {
  const gateway = new Gateway()
  const document = (count: number) =>
    JSON.stringify({ slos: Object.fromEntries(Array.from({ length: count }, (_, i) => [`s${i}`, available])) })
  expect(problemsOf(gateway.apply(document(257)))).toEqual(['slos: expected at most 256 objectives'])
  expect(gateway.apply(document(256)).ok).toBe(true)
})
