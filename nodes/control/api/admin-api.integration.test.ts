import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CheckDescribed, describedBy } from '../testing/described.ts'
import { adminToken, ask, type StartedControl, startedControl, type Told } from '../testing/started-control.ts'

let control: StartedControl
let check: CheckDescribed
beforeAll(async () => {
  control = await startedControl()
  check = describedBy((await ask(`${control.url}/openapi.json`, 'GET')).json)
})
afterAll(() => control.remove())

/** Every answer of this file is held against the OpenAPI document. */
async function admin(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Told> {
  const told = await control.admin(method, path, body, headers)
  check(method, `/api/v1${path}`, told)
  expect(told.headers.get('x-request-id')).toMatch(/^[\w.:-]+$/)
  return told
}

const revisionNow = async () => (await admin('GET', '/config')).json.revision as number
const paths = (told: Told) => told.json.problems.map((problem: { path: string }) => problem.path)
const upstream = { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1' }

describe('resources', () => {
  test('what is put can be read, listed and deleted, each write under a revision of its own', async () => {
    const put = await admin('PUT', '/teams/search', { costCenter: '4711' })
    expect(put.status).toBe(200)
    const { revision } = put.json
    expect(put.headers.get('etag')).toBe(`"${revision}"`)
    const got = await admin('GET', '/teams/search')
    expect(got.json).toEqual({ name: 'search', spec: { costCenter: '4711' }, revision })
    expect(got.headers.get('etag')).toBe(`"${revision}"`)
    expect((await admin('GET', '/teams')).json.items).toContainEqual(got.json)
    expect((await admin('DELETE', '/teams/search')).json).toEqual({ revision: revision + 1 })
    expect((await admin('GET', '/teams/search')).status).toBe(404)
    expect((await admin('DELETE', '/teams/search')).status).toBe(404)
  })

  test('an equal put writes no event', async () => {
    const first = await admin('PUT', '/users/ann', { tier: 'gold' })
    const again = await admin('PUT', '/users/ann', { tier: 'gold' })
    expect(again.json).toEqual(first.json)
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'))
  })

  test('a name with slashes may come encoded or as it is', async () => {
    await admin('PUT', '/providers/up', upstream)
    const spec = { targets: [{ provider: 'up', model: 'm' }] }
    expect((await admin('PUT', '/models/acme/large:8b', spec)).status).toBe(200)
    expect((await admin('GET', '/models/acme%2Flarge%3A8b')).json.name).toBe('acme/large:8b')
    expect((await admin('DELETE', '/models/acme/large:8b')).status).toBe(200)
  })

  test('pages follow one another without gap or repetition, also when the last item of one is deleted', async () => {
    for (const name of ['p1', 'p2', 'p3', 'p4', 'p5']) await admin('PUT', `/apps/${name}`, {})
    const first = await admin('GET', '/apps?limit=2')
    expect(first.json).toMatchObject({ items: [{ name: 'p1' }, { name: 'p2' }], next: 'p2' })
    await admin('DELETE', '/apps/p2')
    const second = await admin('GET', '/apps?limit=2&after=p2')
    expect(second.json).toMatchObject({ items: [{ name: 'p3' }, { name: 'p4' }], next: 'p4' })
    const third = await admin('GET', '/apps?limit=2&after=p4')
    expect(third.json).toMatchObject({ items: [{ name: 'p5' }] })
    expect(third.json.next).toBeUndefined()
  })

  test('a dry run tells the difference and changes nothing', async () => {
    const before = await revisionNow()
    const told = await admin('PUT', '/teams/dry?dryRun=1', { tier: 'x' })
    expect(told.json).toMatchObject({
      dryRun: true,
      changes: [{ kind: 'teams', name: 'dry', action: 'create', fields: [{ path: 'tier', after: 'x' }] }],
    })
    expect((await admin('DELETE', '/teams/dry?dryRun=1')).status).toBe(404)
    expect(await revisionNow()).toBe(before)
  })

  test('the reason given in a header stands in the event, with who did it', async () => {
    const { revision } = (await admin('PUT', '/teams/audited', {}, { 'x-headgate-reason': 'ticket 7' })).json
    const { events } = (await admin('GET', `/events?after=${revision - 1}`)).json
    expect(events[0]).toMatchObject({ revision, type: 'team-set', actor: 'admin', reason: 'ticket 7' })
  })
})

describe('preconditions and many administrators at once', () => {
  test.each([
    ['an older revision', '/teams/held', '"1"'],
    ['a tag that is none of ours', '/teams/held', '"abc"'],
    ['a resource that is not there', '/teams/absent', '1'],
    ['any version of a resource that is not there', '/teams/absent', '*'],
  ])('If-Match with %s is 412 and changes nothing', async (_, path, ifMatch) => {
    await admin('PUT', '/teams/held', {})
    const before = await revisionNow()
    const told = await admin('PUT', path, { tier: 'new' }, { 'if-match': ifMatch })
    expect(told.status).toBe(412)
    expect(await revisionNow()).toBe(before)
  })

  test('of ten that edit the same version at once, one wins and nine are told', async () => {
    const { revision } = (await admin('PUT', '/teams/contested', {})).json
    const edits = Array.from({ length: 10 }, (_, i) =>
      admin('PUT', '/teams/contested', { tier: `t${i}` }, { 'if-match': `"${revision}"` }),
    )
    const statuses = (await Promise.all(edits)).map((told) => told.status).sort()
    expect(statuses).toEqual([200, ...Array(9).fill(412)])
  })

  test('fifty writes at once are fifty revisions, and none is lost', async () => {
    const writes = Array.from({ length: 50 }, (_, i) => admin('PUT', `/users/crowd-${i}`, {}))
    const revisions = (await Promise.all(writes)).map((told) => told.json.revision)
    expect(new Set(revisions).size).toBe(50)
    const { resources } = (await admin('GET', '/config')).json
    expect(Object.keys(resources.users).filter((name) => name.startsWith('crowd-'))).toHaveLength(50)
  })
})

describe('bad input', () => {
  // prettier: each row says method, path, body, status, and the paths that have to be named.
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
    ['a kind that is not enforced yet', 'PUT', '/limits/bad', { per: 'user' }, 501, ['limits']],
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
    ['a time that is none', 'GET', '/usage?from=yesterday', undefined, 422, ['query.from']],
  ])('%s is refused, and nothing is stored', async (_, method, path, body, status, named) => {
    const before = await revisionNow()
    const told = await admin(method, path, body)
    expect([told.status, told.text]).toEqual([status, expect.any(String)])
    if (named.length > 0) expect(paths(told).sort()).toEqual([...named].sort())
    expect(await revisionNow()).toBe(before)
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
    const wrong = await control.admin('GET', '/modles')
    expect([wrong.status, wrong.json.detail]).toEqual([404, expect.stringContaining('/api/v1/models')])
    const method = await control.admin('POST', '/teams/a', {})
    expect([method.status, method.headers.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, PUT'])
    expect((await admin('GET', '/keys/key_0')).status).toBe(404)
    expect((await admin('DELETE', '/keys/key_0')).status).toBe(404)
    expect((await admin('GET', '/commands/none')).status).toBe(404)
  })

  test.each(['limits', 'budgets', 'guardrails', 'caches', 'canaries', 'prompts', 'mcp-servers', 'agents', 'sinks'])(
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

describe('keys', () => {
  test('a key is issued once, listed without its secret, rotated and revoked', async () => {
    const issued = await admin('POST', '/keys', { name: 'ci', metadata: { repo: 'x' } })
    expect(issued.status).toBe(201)
    const { id, secret } = issued.json
    expect(secret).toMatch(/^hg_[\w-]{43}$/)
    expect((await admin('GET', `/keys/${id}`)).json).toMatchObject({
      id,
      name: 'ci',
      owner: { team: 'default' },
      prefix: secret.slice(0, 8),
      metadata: { repo: 'x' },
    })
    const rotated = await admin('POST', `/keys/${id}:rotate`, { overlap: '10m' })
    expect(rotated.json.secret).not.toBe(secret)
    expect(Date.parse(rotated.json.previous.until)).toBeGreaterThan(Date.now() + 500_000)
    const everything = [
      await admin('GET', '/keys'),
      await admin('GET', '/events?limit=1000'),
      await admin('GET', '/config'),
    ]
    for (const told of everything) {
      expect(told.text).not.toContain(secret)
      expect(told.text).not.toMatch(/tokenHash|sealedToken|\$sealed/)
    }
    expect((await admin('DELETE', `/keys/${id}`)).status).toBe(200)
    expect((await admin('GET', `/keys/${id}`)).status).toBe(404)
  })

  test('a rotation needs no body', async () => {
    const { id } = (await admin('POST', '/keys', { name: 'plain' })).json
    expect((await admin('POST', `/keys/${id}:rotate`)).status).toBe(200)
  })

  test('a hash of another gateway is taken over without a secret, and only once', async () => {
    const tokenHash = 'ab'.repeat(32)
    const imported = await admin('POST', '/keys', { name: 'old', tokenHash })
    expect(imported.status).toBe(201)
    expect(imported.json.secret).toBeUndefined()
    expect((await admin('POST', '/keys', { name: 'again', tokenHash })).status).toBe(409)
  })
})

describe('apply', () => {
  const document = `
providers:
  main: { kind: openai, baseUrl: "http://127.0.0.1:9/v1", credentials: [{ name: a, apiKey: sk-apply-canary-1234 }] }
models:
  fast: { targets: [{ provider: main, model: m }] }
`

  test('a document is one revision; the same again is none; what it no longer names goes', async () => {
    const before = await revisionNow()
    const applied = await admin('POST', '/apply', document)
    expect(applied.json.revision).toBe(before + 1)
    expect(applied.json.changes.map(({ kind, name, action }: Record<string, string>) => [action, kind, name])).toEqual([
      ['create', 'providers', 'main'],
      ['create', 'models', 'fast'],
    ])
    expect(applied.text).not.toContain('sk-apply-canary')
    expect((await admin('POST', '/apply', document)).json).toEqual({ revision: before + 1, changes: [] })
    await admin('PUT', '/teams/by-hand', {})
    const dry = await admin('POST', '/apply?dryRun=1', '{}')
    expect(dry.json.changes).toHaveLength(2)
    const emptied = await admin('POST', '/apply', {})
    expect(emptied.json.changes.map(({ action }: { action: string }) => action)).toEqual(['delete', 'delete'])
    expect((await admin('GET', '/teams/by-hand')).status).toBe(200)
  })

  test('every problem of a document is told at its line, and nothing is stored', async () => {
    const before = await revisionNow()
    const told = await admin(
      'POST',
      '/apply',
      'models:\n  a: { targets: [{ provider: phantom, model: m }], rooting: x }\nlimits: {}\n',
    )
    expect(told.status).toBe(422)
    expect(told.json.problems.map(({ path, line }: { path: string; line: number }) => [path, line]).sort()).toEqual([
      ['limits', 3],
      ['models.a.rooting', 2],
      ['models.a.targets[0].provider', 2],
    ])
    expect(await revisionNow()).toBe(before)
  })

  test.each([
    ['a kind that is not enforced', 'budgets: {}\n', 501],
    [
      'a bomb of aliases',
      `a: &a [x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${'*a, '.repeat(9)}*a]`).join('\n')}\n`,
      422,
    ],
    ['a bomb of aliases of aliases', bomb(), 422],
    ['a tag that makes code', 'teams: !!js/function "function () {}"\n', 422],
    ['a variable of the server', 'teams:\n  a: { tier: "\u0024{HOME}" }\n', 422],
    [
      'a file of the server',
      'providers:\n  p: { kind: openai, credentials: [{ name: a, apiKey: "file:/etc/hostname" }] }\n',
      422,
    ],
    ['nothing at all', '# empty\n', 422],
    ['broken YAML', 'teams: [\n', 422],
  ])('%s is refused', async (_, text, status) => {
    const before = await revisionNow()
    const startedMs = performance.now()
    expect((await admin('POST', '/apply', text)).status).toBe(status)
    expect(performance.now() - startedMs).toBeLessThan(5_000)
    expect(await revisionNow()).toBe(before)
  })
})

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`)
  return ['l0: &l0 [x]', ...levels].join('\n')
}

describe('secrets', () => {
  test('a provider secret is read back as a mask, and the mask written back keeps it', async () => {
    const spec = { ...upstream, credentials: [{ name: 'm', apiKey: 'sk-CANARY-abcdefgh-12345678' }] }
    const { revision } = (await admin('PUT', '/providers/secretive', spec)).json
    const got = (await admin('GET', '/providers/secretive')).json
    expect(got.spec.credentials).toEqual([{ name: 'm', apiKey: '…5678' }])
    expect((await admin('PUT', '/providers/secretive', got.spec)).json.revision).toBe(revision)
    for (const path of ['/config', '/events?limit=1000', '/providers', `/config?revision=${revision}`]) {
      expect((await admin('GET', path)).text).not.toMatch(/CANARY|\$sealed/)
    }
  })
})

describe('history', () => {
  test('the configuration can be read as it was at any revision', async () => {
    const { revision } = (await admin('PUT', '/teams/travel', { tier: 'one' })).json
    await admin('PUT', '/teams/travel', { tier: 'two' })
    const then = (await admin('GET', `/config?revision=${revision}`)).json
    expect(then.revision).toBe(revision)
    expect(then.resources.teams.travel).toEqual({ tier: 'one' })
    expect((await admin('GET', '/config?revision=0')).json).toMatchObject({ revision: 0, resources: { teams: {} } })
  })

  test('events chain from the first to the newest', async () => {
    const events: { revision: number; prevHash: string; hash: string }[] = []
    for (;;) {
      const page = (await admin('GET', `/events?limit=40&after=${events.length}`)).json.events
      if (page.length === 0) break
      events.push(...page)
    }
    for (const [i, event] of events.entries()) {
      expect(event.revision).toBe(i + 1)
      expect(event.prevHash).toBe(events[i - 1]?.hash ?? '0'.repeat(64))
    }
    expect((await admin('GET', '/config')).json).toMatchObject({ revision: events.length, hash: events.at(-1)!.hash })
  })

  test('a stored command can be found by its id', async () => {
    const { revision } = (await admin('PUT', '/teams/command', {})).json
    const [event] = (await admin('GET', `/events?after=${revision - 1}&limit=1`)).json.events
    expect((await admin('GET', `/commands/${event.commandId}`)).json).toMatchObject({ outcome: 'stored', revision })
  })
})

const describedRoutes = async () => {
  const { paths: described } = (await ask(`${control.url}/openapi.json`, 'GET')).json
  return Object.entries(described as Record<string, Record<string, { security: unknown[] }>>).flatMap(
    ([path, methods]) =>
      Object.entries(methods).map(([method, { security }]) => ({ path, method: method.toUpperCase(), security })),
  )
}

test('without a credential nothing of the admin API answers but the session itself', async () => {
  const routes = (await describedRoutes()).filter(({ path }) => path.startsWith('/api/'))
  expect(routes.length).toBeGreaterThan(60)
  for (const { path, method } of routes.filter((route) => route.path !== '/api/v1/session')) {
    const body = method === 'PUT' || method === 'POST' ? {} : undefined
    const told = await ask(control.url + path.replace(/\{\w+\}/, 'x'), method, body)
    expect([method, path, told.status, told.headers.get('www-authenticate')]).toEqual([
      method,
      path,
      401,
      expect.any(String),
    ])
  }
})

test.each([
  'Bearer',
  'Bearer ',
  `Basic ${adminToken}`,
  `Bearer ${adminToken.slice(0, -1)}`,
  `Bearer ${adminToken}x`,
  adminToken,
])('the credential %j is refused', async (authorization) => {
  expect((await ask(`${control.url}/api/v1/config`, 'GET', undefined, { authorization })).status).toBe(401)
})
