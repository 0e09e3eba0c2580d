// What a caller of the admin API may send that is wrong: each is refused by name, and nothing is stored.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DescribedControl, describedControl } from '../testing/described-control.ts'
import type { Told } from '../testing/started-control.ts'

let control: DescribedControl
beforeAll(async () => {
  control = await describedControl()
})
afterAll(() => control.remove())

const admin: DescribedControl['admin'] = (...asked) => control.admin(...asked)
const paths = (told: Told) => told.json.problems.map((problem: { path: string }) => problem.path)

describe('bad input', () => {
  // Each row says method, path, body, status, and the paths that have to be named.
  test.each<[string, string, string, unknown, number, string[]]>([
    ['an unknown field', 'PUT', '/teams/bad', { tire: 'x' }, 422, ['teams.bad.tire']],
    [
      'a field that would raise its rights',
      'PUT',
      '/users/bad',
      { role: 'admin', spend: 0 },
      422,
      ['users.bad.role', 'users.bad.spend'],
    ],
    ['a key that chooses its own id', 'POST', '/keys', { name: 'k', id: 'key_mine' }, 422, ['id']],
    ['a blank name', 'POST', '/keys', { name: '  ' }, 422, ['name']],
    ['a key for nobody', 'POST', '/keys', { name: 'k', owner: { team: 'nobody' } }, 422, ['owner.team']],
    ['a key that has expired', 'POST', '/keys', { name: 'k', expiresAt: '2001-01-01T00:00:00Z' }, 422, ['expiresAt']],
    ['a hash that is none', 'POST', '/keys', { name: '', tokenHash: 'abc' }, 422, ['name', 'tokenHash']],
    [
      'a wrong unit',
      'PUT',
      '/models/bad',
      { targets: [{ provider: 'demo', model: 'echo' }], timeouts: { idle: '5 parsecs' } },
      422,
      ['models.bad.timeouts.idle'],
    ],
    [
      'a negative weight',
      'PUT',
      '/models/bad',
      { targets: [{ provider: 'demo', model: 'echo', weight: -1 }] },
      422,
      ['models.bad.targets[0].weight'],
    ],
    ['a missing required field', 'PUT', '/models/bad', {}, 422, ['models.bad.targets']],
    [
      'a dangling reference and a fallback to itself',
      'PUT',
      '/models/bad',
      { targets: [{ provider: 'ghost', model: 'm' }], fallbacks: ['bad'] },
      422,
      ['models.bad.targets[0].provider', 'models.bad.fallbacks[0]'],
    ],
    ['a name that differs in case only', 'PUT', '/teams/DEFAULT', {}, 422, ['teams.DEFAULT']],
    ['a name with a wildcard', 'PUT', '/teams/a*', {}, 422, ['teams["a*"]']],
    [
      'a URL with a password',
      'PUT',
      '/providers/bad',
      { kind: 'openai', baseUrl: 'http://u:p@h/v1' },
      422,
      ['providers.bad.baseUrl'],
    ],
    [
      'a URL of a metadata service',
      'PUT',
      '/providers/bad',
      { kind: 'openai', baseUrl: 'http://169.254.169.254/v1' },
      422,
      ['providers.bad.baseUrl'],
    ],
    [
      'a URL at port 22',
      'PUT',
      '/providers/bad',
      { kind: 'openai', baseUrl: 'http://h:22/v1' },
      422,
      ['providers.bad.baseUrl'],
    ],
    ['a list for a body', 'PUT', '/teams/bad', [], 422, ['teams.bad']],
    ['null for a body', 'POST', '/keys', null, 422, ['']],
    [
      'a field that is not enforced yet',
      'PUT',
      '/models/bad',
      { targets: [{ provider: 'demo', model: 'echo' }], hedge: {} },
      501,
      ['models.bad.hedge'],
    ],
    [
      'a kind of routing that is not enforced yet',
      'PUT',
      '/models/bad',
      { targets: [{ provider: 'demo', model: 'echo' }], routing: 'cost' },
      501,
      ['models.bad.routing'],
    ],
    ['a kind that is not enforced yet', 'PUT', '/guardrails/bad', { team: 'x' }, 501, ['guardrails']],
    ['an endless overlap', 'POST', '/keys/key_0:rotate', { overlap: 'forever' }, 404, []],
    ['an absurd page', 'GET', '/teams?limit=1e9', undefined, 422, ['query.limit']],
    ['a page of nothing', 'GET', '/teams?limit=0', undefined, 422, ['query.limit']],
    [
      'an unknown parameter',
      'GET',
      '/teams?sort=costCenter&page_size=5',
      undefined,
      422,
      ['query.sort', 'query.page_size'],
    ],
    ['a parameter twice', 'GET', '/teams?limit=1&limit=2', undefined, 422, ['query.limit']],
    ['a revision of the future', 'GET', '/config?revision=99999999', undefined, 404, []],
    ['a revision that is none', 'GET', '/config?revision=-1', undefined, 422, ['query.revision']],
    ['an unknown grouping', 'GET', '/usage?groupBy=model,shoe', undefined, 422, ['query.groupBy']],
    ['a settlement that is none', 'GET', '/ledger?settlement=no', undefined, 422, ['query.settlement']],
    ['a format that is none', 'GET', '/ledger?format=xml', undefined, 422, ['query.format']],
    ['a month that is a number', 'POST', '/ledger:close', { month: 5 }, 422, ['month']],
    ['a month with more', 'POST', '/ledger:close', { month: '2026-11', force: true }, 422, ['force']],
    ['a time that is none', 'GET', '/usage?from=yesterday', undefined, 422, ['query.from']],
  ])('%s is refused, and nothing is stored', async (_, method, path, body, status, named) => {
    const before = await control.revisionNow()
    const told = await admin(method, path, body)
    expect([told.status, told.text]).toEqual([status, expect.any(String)])
    // No words of the library that reads the input.
    expect(told.text).not.toMatch(/Invalid (input|option|key|type)|Unrecognized/)
    if (named.length > 0) expect(paths(told).sort()).toEqual([...named].sort())
    expect(await control.revisionNow()).toBe(before)
  })

  test.each([
    ['cut short', '{"tier": "a"', 'line 1, column 13'],
    ['with a trailing comma', '{"tier": "a",\n}', 'line 2, column 1'],
    ['with a name twice', '{"tier": "a",\n "tier": "b"}', 'line 2, column 2'],
    ['nested 100 deep', '['.repeat(100), 'line 1, column 66'],
  ])('a JSON body %s is 400 and says where', async (_, body, where) => {
    const told = await admin('PUT', '/teams/bad', body, { 'content-type': 'application/json' })
    expect(told.status).toBe(400)
    expect(told.json.detail).toContain(where)
  })

  test.each<[string, Record<string, string>, string | undefined, number]>([
    ['another content type', { 'content-type': 'text/plain' }, '{}', 415],
    ['no content type', { 'content-type': '' }, '{}', 415],
    ['a compressed body', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{}', 415],
    ['an empty body', { 'content-type': 'application/json' }, '', 400],
  ])('%s is refused', async (_, headers, body, status) => {
    expect((await admin('PUT', '/teams/bad', body, headers)).status).toBe(status)
  })

  test('a body of more than 4 MiB is 413', async () => {
    expect((await admin('POST', '/apply', `# ${'x'.repeat(4 << 20)}`)).status).toBe(413)
  })

  test('a path, method or id that is not there says what is', async () => {
    const wrong = await control.undescribed('GET', '/modles')
    expect([wrong.status, wrong.json.detail]).toEqual([404, expect.stringContaining('/api/v1/models')])
    const method = await control.undescribed('POST', '/teams/a', {})
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, PUT'])
    expect((await admin('GET', '/keys/key_0')).status).toBe(404)
    expect((await admin('DELETE', '/keys/key_0')).status).toBe(404)
    expect((await admin('GET', '/commands/none')).status).toBe(404)
  })

  test.each(['guardrails', 'caches', 'canaries', 'prompts', 'mcp-servers', 'agents', 'sinks'])(
    '%s are named as not enforced, on every method',
    async (kind) => {
      for (const [method, path] of [
        ['GET', `/${kind}`],
        ['GET', `/${kind}/x`],
        ['PUT', `/${kind}/x`],
        ['DELETE', `/${kind}/x`],
      ]) {
        const told = await admin(method!, path!)
        expect([told.status, told.json.detail]).toEqual([501, expect.stringContaining(kind)])
      }
    },
  )

  test.each(['/models:dryRun', '/guardrails:test'])('%s is named as not part of this version', async (path) => {
    expect((await admin('POST', path, {})).status).toBe(501)
  })
})
