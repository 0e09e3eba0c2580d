import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { describedBy } from '../testing/described.ts'
import { adminToken, ask, type StartedControl, startedControl, type Told } from '../testing/started-control.ts'

let control: StartedControl
beforeEach(async () => {
  control = await startedControl()
})
afterEach(() => control.remove())

const session = (method: string, body?: unknown, headers?: Record<string, string>) =>
  ask(`${control.url}/api/v1/session`, method, body, headers)
const linkToken = () => new URL(control.node.signInLink()).searchParams.get('token')!
const cookieOf = (told: Told) => told.headers.get('set-cookie')?.split(';')[0] ?? ''
/** What the console sends: the cookie, which every port of the host gets, and the secret of the page. */
const heldBy = (told: Told) => ({ cookie: cookieOf(told), 'x-headgate-csrf': String(told.json.csrf) })
const form = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${control.url}/sign-in`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers })
const config = (headers: Record<string, string>) => ask(`${control.url}/api/v1/config`, 'GET', undefined, headers)

describe('one-time links', () => {
  test('fetching the page of a link, however often, does not use it up', async () => {
    const link = control.node.signInLink()
    for (let i = 0; i < 3; i++) expect((await fetch(link)).status).toBe(200)
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200)
    expect((await session('POST', { token: new URL(link).searchParams.get('token') })).status).toBe(200)
  })

  test('a link works once', async () => {
    const token = linkToken()
    expect((await session('POST', { token })).status).toBe(200)
    expect((await session('POST', { token })).status).toBe(401)
  })

  test('a link that was used says so, and how to have another', async () => {
    const link = control.node.signInLink()
    const token = new URL(link).searchParams.get('token')!
    expect((await form({ token })).status).toBe(303)
    const sentence =
      'This link has been used: each link opens one session. Run `npm run headgate -- open` on the machine of the gateway: it prints a fresh link.'
    for (const told of [await fetch(link), await form({ token })]) {
      const text = await told.text()
      expect(text).toContain(`<p role="alert">${sentence}</p>`)
      expect(text).not.toContain(token)
    }
    expect((await session('POST', { token })).json.detail).toBe(sentence)
    expect((await session('POST', { token: 'never-made' })).json.detail).toMatch(/^This link was not made by this run/)
  })

  test('another link is made for whoever holds the admin token', async () => {
    const made = await control.admin('POST', '/sign-in-links')
    expect(made.status).toBe(201)
    const token = new URL(made.json.url).searchParams.get('token')
    expect((await session('POST', { token })).status).toBe(200)
  })

  test('the page shows a token as text only', async () => {
    const told = await ask(`${control.url}/sign-in?token=${encodeURIComponent('"><script>alert(1)</script>')}`, 'GET')
    expect(told.text).not.toContain('<script>')
  })
})

describe('sessions', () => {
  test('a session reads and writes, says who it is, and is dead after signing out', async () => {
    const held = heldBy(await session('POST', { adminToken }))
    const origin = control.url
    expect((await config(held)).status).toBe(200)
    const write = { ...held, origin, 'content-type': 'application/json' }
    expect((await ask(`${control.url}/api/v1/teams/a`, 'PUT', {}, write)).status).toBe(200)
    const events = (await ask(`${control.url}/api/v1/events?limit=1000`, 'GET', undefined, held)).json.events
    expect(events.at(-1).actor).toBe('console')
    const shown = (await session('GET', undefined, held)).json
    expect(shown.csrf).toBeUndefined()
    expect(shown).toMatchObject({
      actor: 'console',
      version: '0.0.0',
      dataEndpoint: 'http://127.0.0.1:8080',
      demoKeyHint: control.node.demoKey!.slice(0, 8),
    })
    const out = await session('DELETE', undefined, { ...held, origin })
    expect([out.status, out.headers.get('set-cookie')]).toEqual([204, expect.stringContaining('Max-Age=0')])
    expect((await config(held)).status).toBe(401)
    expect((await session('GET', undefined, held)).status).toBe(401)
  })

  test('another program behind a port of this host gets the cookie, and can do nothing with it', async () => {
    const [mine, other] = [await session('POST', { adminToken }), await session('POST', { adminToken })]
    const cookie = cookieOf(mine)
    const origin = control.url
    const forged = [
      {},
      { 'x-headgate-csrf': '' },
      { 'x-headgate-csrf': cookie.split('=')[1] ?? '' },
      { 'x-headgate-csrf': String(other.json.csrf) },
    ].map((headers) => ({ cookie, origin, 'sec-fetch-site': 'same-origin', ...headers }))
    for (const headers of forged) {
      expect((await config(headers)).status).toBe(401)
      expect((await session('GET', undefined, headers)).status).toBe(401)
      expect((await ask(`${control.url}/api/v1/teams/a`, 'PUT', {}, headers)).status).toBe(401)
      expect((await ask(`${control.url}/api/v1/sign-in-links`, 'POST', undefined, headers)).status).toBe(401)
    }
    expect((await config(heldBy(mine))).status).toBe(200)
  })

  test('the cookie is out of reach for scripts and other sites', async () => {
    const { headers } = await session('POST', { adminToken })
    expect(headers.get('set-cookie')).toMatch(/^headgate=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('signing in gives a new id, also to a browser that brought one, and ends the old one', async () => {
    const planted = `headgate=${'A'.repeat(43)}`
    const first = heldBy(await session('POST', { adminToken }, { cookie: planted }))
    expect(first.cookie).not.toBe(planted)
    const second = heldBy(await session('POST', { adminToken }, { cookie: first.cookie }))
    expect(second.cookie).not.toBe(first.cookie)
    expect([(await config(first)).status, (await config(second)).status]).toEqual([401, 200])
    expect((await config({ ...second, cookie: planted })).status).toBe(401)
  })

  test.each([
    ['no word of where it comes from', {}, 403],
    ['another origin', { origin: 'https://evil.com' }, 403],
    ['the origin null', { origin: 'null' }, 403],
    ['a browser that says cross-site', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a browser that says same-site', { 'sec-fetch-site': 'same-site' }, 403],
    ['a browser that says same-origin', { 'sec-fetch-site': 'same-origin' }, 200],
  ])('a write by cookie with %s is %i', async (_, headers, status) => {
    const held = heldBy(await session('POST', { adminToken }))
    const told = await ask(`${control.url}/api/v1/teams/a`, 'PUT', {}, { ...held, ...headers })
    expect(told.status).toBe(status)
  })

  test('every answer about sessions is what the document says', async () => {
    const check = describedBy((await ask(`${control.url}/openapi.json`, 'GET')).json)
    const held = heldBy(await session('POST', { adminToken }))
    for (const [method, body, headers] of [
      ['POST', { adminToken }, {}],
      ['POST', { adminToken: 'wrong' }, {}],
      ['POST', { adminToken, token: 'both' }, {}],
      ['POST', {}, {}],
      ['GET', undefined, {}],
      ['GET', undefined, held],
      ['DELETE', undefined, held],
    ] as const) {
      check(method, '/api/v1/session', await session(method, body, headers))
    }
  })
})

describe('the form', () => {
  test.each([
    ['/requests?limit=5', '/requests?limit=5'],
    ['//evil.com', '/'],
    ['https://evil.com/x', '/'],
    ['/.//evil.com', '/'],
  ])('after the admin token, return_to=%s leads to %s', async (return_to, location) => {
    const told = await form({ adminToken, return_to })
    const [path, csrf = ''] = told.headers.get('location')?.split('#csrf=') ?? []
    expect([told.status, path]).toEqual([303, location])
    const cookie = told.headers.get('set-cookie')!.split(';')[0]!
    expect((await config({ cookie, 'x-headgate-csrf': csrf })).status).toBe(200)
    expect((await config({ cookie })).status).toBe(401)
  })

  test('a link can be redeemed by it too', async () => {
    expect((await form({ token: linkToken() })).status).toBe(303)
  })

  test('a wrong token shows the page again, without what was typed', async () => {
    const told = await form({ adminToken: 'my-typing-error' })
    const text = await told.text()
    expect([told.status, text.includes('role="alert"'), text.includes('my-typing-error')]).toEqual([401, true, false])
  })

  test('another site cannot send it', async () => {
    expect((await form({ adminToken }, { origin: 'https://evil.com' })).status).toBe(403)
  })
})

describe('guessing', () => {
  test('after ten wrong guesses further ones are told to wait, and what is right is taken all the same', async () => {
    const guesses = Array.from({ length: 10 }, (_, i) => session('POST', { adminToken: `wrong-${i}` }))
    for (const told of await Promise.all(guesses)) expect(told.status).toBe(401)
    const locked = await session('POST', { adminToken: 'wrong' })
    expect([locked.status, Number(locked.headers.get('retry-after')) > 800]).toEqual([429, true])
    expect((await session('POST', { token: 'never-made' })).status).toBe(429)
    expect((await session('POST', { token: linkToken() })).status).toBe(200)
    const opened = await session('POST', { adminToken })
    expect(opened.status).toBe(200)
    expect((await config(heldBy(opened))).status).toBe(200)
    expect((await form({ adminToken })).status).toBe(303)
  })

  test.each([
    ['Bearer hg_secret', /looks like a virtual key, which is for the data port/],
    ['hga_secret', /with its scheme: `Authorization: Bearer/],
    ['Bearer wrong', /^This is not the admin token\.$/],
  ])('%s is refused in words that say what it is, and do not repeat it', async (authorization, says) => {
    const { status, json } = await config({ authorization })
    expect([status, json.detail]).toEqual([401, expect.stringMatching(says)])
    expect(json.detail).not.toContain('secret')
  })

  test('after 100 wrong bearer tokens further ones get 429; the right one and the command line go on', async () => {
    const wrong = () => config({ authorization: 'Bearer wrong' })
    for (let i = 0; i < 100; i++) expect((await wrong()).status).toBe(401)
    expect((await wrong()).status).toBe(429)
    const cli = readFileSync(join(control.dataDir, 'cli-token'), 'utf8').trim()
    expect((await control.admin('GET', '/config')).status).toBe(200)
    expect((await config({ authorization: `Bearer ${cli}` })).status).toBe(200)
    expect((await wrong()).status).toBe(429)
  })

  test('an address that a stranger claims in a header is not believed', async () => {
    const guesses = Array.from({ length: 10 }, (_, i) =>
      session('POST', { adminToken: 'wrong' }, { 'x-forwarded-for': `203.0.113.${i}` }),
    )
    await Promise.all(guesses)
    const claimed = { 'x-forwarded-for': '203.0.113.99' }
    expect((await session('POST', { adminToken: 'wrong' }, claimed)).status).toBe(429)
  })

  test('each wrong guess is answered later than the one before', async () => {
    const took: number[] = []
    for (let i = 0; i < 3; i++) {
      const startedMs = performance.now()
      await session('POST', { adminToken: 'wrong' })
      took.push(performance.now() - startedMs)
    }
    expect(took[2]).toBeGreaterThan(380)
    expect(took[1]).toBeGreaterThan(180)
  })
})

describe('tokens in the data folder', () => {
  test('the token of the CLI lets in, is private, and is gone after the stop', async () => {
    const path = join(control.dataDir, 'cli-token')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const token = readFileSync(path, 'utf8').trim()
    expect((await config({ authorization: `Bearer ${token}` })).status).toBe(200)
    expect((await session('POST', { adminToken: token })).status).toBe(401)
    await control.stop()
    expect(() => statSync(path)).toThrow()
    control = await startedControl({ dataDir: control.dataDir })
    expect((await config({ authorization: `Bearer ${token}` })).status).toBe(401)
  })

  test('a generated admin token is told once, kept as a hash, and stays good', async () => {
    const variables = { HEADGATE_ADMIN_TOKEN: undefined }
    const first = await startedControl({ variables })
    const token = first.node.adminTokenGenerated!
    expect(token).toMatch(/^hga_[\w-]{43}$/)
    expect(readFileSync(join(first.dataDir, 'admin-token.sha256'), 'utf8')).not.toContain(token)
    await first.stop()
    const second = await startedControl({ variables, dataDir: first.dataDir })
    expect(second.node.adminTokenGenerated).toBeUndefined()
    expect(
      (await ask(`${second.url}/api/v1/config`, 'GET', undefined, { authorization: `Bearer ${token}` })).status,
    ).toBe(200)
    await second.remove()
  })
})
