// The admin API as its users find it: resources, keys, secrets, history, and who may ask.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DescribedControl, describedControl } from '../testing/described-control.ts'
import { adminToken, ask } from '../testing/started-control.ts'

let control: DescribedControl
beforeAll(async () => {
  control = await describedControl()
})
afterAll(() => control.remove())

const admin: DescribedControl['admin'] = (...asked) => control.admin(...asked)

const upstream = { kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1' }

describe('resources', () => {
  test('what is put can be read, listed and deleted, each write under a revision of its own', async () => {
    const put = await admin('PUT', '/teams/search', { costCenter: '4711' })
    expect(put.status).toBe(200)
    const { revision } = put.json
    expect(put.headers.get('etag')).toBe(`"${revision}"`)
    const got = await admin('GET', '/teams/search')
    expect(got.json).toEqual({
      name: 'search',
      id: expect.stringMatching(/^team_[0-9a-f]{24}$/),
      spec: { costCenter: '4711' },
      revision,
    })
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
    const before = await control.revisionNow()
    const told = await admin('PUT', '/teams/dry?dryRun=1', { tier: 'x' })
    expect(told.json).toMatchObject({
      dryRun: true,
      changes: [{ kind: 'teams', name: 'dry', action: 'create', fields: [{ path: 'tier', after: 'x' }] }],
    })
    expect((await admin('DELETE', '/teams/dry?dryRun=1')).status).toBe(404)
    expect(await control.revisionNow()).toBe(before)
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
    const before = await control.revisionNow()
    const told = await admin('PUT', path, { tier: 'new' }, { 'if-match': ifMatch })
    expect(told.status).toBe(412)
    expect(await control.revisionNow()).toBe(before)
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
    expect(then.resources.teams.travel).toEqual({ id: expect.any(String), tier: 'one' })
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
