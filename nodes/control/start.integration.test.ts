// What a start of a control node finds and makes: the first configuration, keys in the environment, a damaged log, the console
// and TLS.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { ControlStarts, revisionOf } from './testing/control-starts.ts'
import { adminToken } from './testing/started-control.ts'

const controls = new ControlStarts()
afterAll(() => controls.end())

describe('bootstrap', () => {
  test('a new installation has a team, the demo provider and a demo key; a second start adds nothing', async () => {
    const first = await controls.start()
    const { resources } = (await first.admin('GET', '/config')).json
    expect(resources).toMatchObject({ teams: { default: {} }, providers: { demo: { kind: 'demo' } } })
    const [revision, demoKey] = [await revisionOf(first), first.node.demoKey]
    await controls.stop(first)
    const second = await controls.start({ dataDir: first.dataDir })
    expect([await revisionOf(second), second.node.demoKey]).toEqual([revision, demoKey])
  })

  test('the token of the demo key lies nowhere in the clear', async () => {
    const control = await controls.start()
    await controls.stop(control)
    const files = readdirSync(control.dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name)).includes(control.node.demoKey!)).toBe(false)
    }
  })

  test('with the demo off there is no demo provider and nothing else is gone; on again, all is back', async () => {
    const first = await controls.start()
    const { demoKey } = first.node
    await first.admin('PUT', '/teams/mine', {})
    await controls.stop(first)
    const off = await controls.start({ dataDir: first.dataDir, variables: { HEADGATE_DEMO: 'off' } })
    const { resources } = (await off.admin('GET', '/config')).json
    expect(resources.providers).toEqual({})
    expect(Object.keys(resources.teams)).toEqual(['default', 'mine'])
    expect(off.node.demoKey).toBeUndefined()
    await controls.stop(off)
    const on = await controls.start({ dataDir: first.dataDir })
    expect((await on.admin('GET', '/config')).json.resources.providers).toEqual({ demo: { kind: 'demo' } })
    expect(on.node.demoKey).toBe(demoKey)
  })

  test('a demo key that was revoked stays revoked', async () => {
    const first = await controls.start()
    const [key] = (await first.admin('GET', '/keys')).json.items
    await first.admin('DELETE', `/keys/${key.id}`)
    await controls.stop(first)
    const second = await controls.start({ dataDir: first.dataDir })
    expect(second.node.demoKey).toBeUndefined()
    expect((await second.admin('GET', '/keys')).json.items).toEqual([])
  })

  test('a control node of a cluster has no demo unless it was asked for', async () => {
    const control = await controls.start({ node: { name: 'c', version: '0', role: 'control' } })
    expect([control.node.demoKey, (await control.admin('GET', '/keys')).json.items]).toEqual([undefined, []])
  })
})

describe('findings', () => {
  test('a provider key in the environment is named, and becomes a provider only when asked', async () => {
    const variables = { OPENAI_API_KEY: 'sk-found-abcdefgh-1234', ANTHROPIC_API_KEY: 'sk-ant-found-5678' }
    const shy = await controls.start({ variables })
    const keys = shy.node.findings.filter(({ type }) => type === 'provider-key')
    expect(keys).toMatchObject([
      { variable: 'OPENAI_API_KEY', provider: 'openai', lacks: [], standing: 'found' },
      { variable: 'ANTHROPIC_API_KEY', provider: 'anthropic', lacks: [], standing: 'found' },
    ])
    expect((await shy.admin('GET', '/providers/openai')).status).toBe(404)
    const auto = await controls.start({ variables, auto: true })
    expect(auto.node.findings[0]).toMatchObject({ variable: 'OPENAI_API_KEY', standing: 'enabled' })
    const { spec } = (await auto.admin('GET', '/providers/openai')).json
    expect(spec).toEqual({ kind: 'openai', credentials: [{ name: 'main', apiKey: '…1234' }] })
    const claude = (await auto.admin('GET', '/providers/anthropic')).json
    expect(claude.spec).toEqual({ kind: 'anthropic', credentials: [{ name: 'main', apiKey: '…5678' }] })
  })

  test('so are the keys of every other kind, with what their place is', async () => {
    const keyFile = join(controls.folder, 'google.json')
    writeFileSync(keyFile, JSON.stringify({ type: 'service_account', project_id: 'our-project' }))
    const variables = {
      GEMINI_API_KEY: 'found-gemini-1234',
      COHERE_API_KEY: 'found-cohere-1234',
      AZURE_OPENAI_API_KEY: 'found-azure-1234',
      AZURE_OPENAI_ENDPOINT: 'https://ours.openai.azure.com/openai/',
      AWS_ACCESS_KEY_ID: 'AKIAFOUND',
      AWS_SECRET_ACCESS_KEY: 'found-aws-1234',
      AWS_DEFAULT_REGION: 'eu-central-1',
      GOOGLE_APPLICATION_CREDENTIALS: keyFile,
    }
    const auto = await controls.start({ variables, auto: true })
    const specOf = async (name: string) => (await auto.admin('GET', `/providers/${name}`)).json.spec
    const credentials = [{ name: 'main', apiKey: '…1234' }]
    expect(await specOf('gemini')).toEqual({ kind: 'gemini', credentials })
    expect(await specOf('cohere')).toEqual({ kind: 'cohere', credentials })
    const azure = { kind: 'azure', baseUrl: 'https://ours.openai.azure.com', credentials }
    expect(await specOf('azure')).toEqual(azure)
    const aws = [{ name: 'main', aws: 'default' }]
    expect(await specOf('bedrock')).toEqual({ kind: 'bedrock', region: 'eu-central-1', credentials: aws })
    const vertex = { kind: 'vertex', region: 'global', project: 'our-project' }
    expect(await specOf('vertex')).toEqual({ ...vertex, credentials: [{ name: 'main', gcp: 'default' }] })
  })

  test('a key without what its provider needs is named with what it lacks', async () => {
    const variables = {
      AZURE_OPENAI_API_KEY: 'k',
      AWS_ACCESS_KEY_ID: 'AKIA',
      GOOGLE_APPLICATION_CREDENTIALS: join(controls.folder, 'absent.json'),
    }
    const auto = await controls.start({ variables, auto: true })
    expect(auto.node.findings.filter(({ type }) => type === 'provider-key')).toMatchObject([
      { provider: 'azure', lacks: ['AZURE_OPENAI_ENDPOINT'], standing: 'found' },
      { provider: 'bedrock', lacks: ['AWS_SECRET_ACCESS_KEY', 'AWS_REGION|AWS_DEFAULT_REGION'], standing: 'found' },
      { provider: 'vertex', lacks: ['GOOGLE_CLOUD_PROJECT'], standing: 'found' },
    ])
  })
})

describe('a damaged log', () => {
  test('is told by /readyz; what was acknowledged is still shown, and nothing can be changed', async () => {
    const first = await controls.start()
    for (let i = 0; i < 5; i++) await first.admin('PUT', `/teams/flip-me-${i}`, {})
    const revision = await revisionOf(first)
    await controls.stop(first)
    flip(first.dataDir, (name) => name.startsWith('log.sqlite'), 'flip-me-1')
    const second = await controls.start({ dataDir: first.dataDir })
    const ready = await (await fetch(`${second.url}/readyz?verbose`)).json()
    expect(ready).toMatchObject({ status: 'degraded', reasons: [expect.stringMatching(/damaged/), expect.anything()] })
    expect(await revisionOf(second)).toBe(revision)
    const write = await second.admin('PUT', '/teams/more', {})
    expect([write.status, write.json.type]).toEqual([503, 'urn:headgate:problem:config_damaged'])
  })

  test('with every copy damaged nothing older is shown', async () => {
    const first = await controls.start()
    for (let i = 0; i < 5; i++) await first.admin('PUT', `/teams/flip-me-${i}`, {})
    await controls.stop(first)
    flip(first.dataDir, () => true, 'flip-me-1')
    const second = await controls.start({ dataDir: first.dataDir })
    expect((await fetch(`${second.url}/readyz`)).status).toBe(503)
    for (const path of ['/config', '/teams', '/keys', '/teams/flip-me-0']) {
      const told = await second.admin('GET', path)
      expect([path, told.status, told.json.type]).toEqual([path, 503, 'urn:headgate:problem:config_damaged'])
    }
  })
})

function flip(dataDir: string, isWanted: (name: string) => boolean, text: string): void {
  const config = join(dataDir, 'config')
  let flipped = 0
  for (const name of readdirSync(config).filter(isWanted)) {
    const bytes = readFileSync(join(config, name))
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      bytes[at]! ^= 1
      flipped++
    }
    writeFileSync(join(config, name), bytes)
  }
  expect(flipped).toBeGreaterThan(0)
}

describe('the console', () => {
  test('what was built is served under its own policy, its addresses too, and nothing else of the disk', async () => {
    const consoleFolder = join(controls.folder, 'console')
    mkdirSync(join(consoleFolder, 'assets'), { recursive: true })
    writeFileSync(join(consoleFolder, 'index.html'), '<!doctype html><html>built</html>')
    writeFileSync(join(consoleFolder, 'assets', 'app-1a2b.js'), 'export {}')
    writeFileSync(join(controls.folder, 'outside.js'), 'secret')
    const control = await controls.start({ consoleFolder })
    const get = (path: string) => fetch(control.url + path, { headers: { accept: 'text/html' } })
    for (const path of ['/', '/requests', '/sign-in?token=x']) expect(await (await get(path)).text()).toContain('built')
    const asset = await get('/assets/app-1a2b.js')
    expect([asset.headers.get('content-type'), asset.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ])
    expect((await get('/..%2foutside.js')).status).toBe(404)
    for (const path of ['/../outside.js', '/assets/../../outside.js', '/./app.js']) {
      expect(await statusOfRaw(control.node.port, path)).toBe(404)
    }
    expect((await fetch(`${control.url}/requests`)).status).toBe(404)
  })
})

/** Clients tidy paths up before they send them; this one does not. */
function statusOfRaw(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = plainRequest({ host: '127.0.0.1', port, path, agent: false }, (got) => {
      resolve(got.statusCode)
      got.resume()
    })
    sent.on('error', reject).end()
  })
}

describe('TLS', () => {
  test('cookies are bound to the host and to TLS', async () => {
    const [key, cert] = [join(controls.folder, 'tls.key'), join(controls.folder, 'tls.crt')]
    const subject = ['-subj', '/CN=localhost', '-days', '1', '-nodes', '-newkey', 'rsa:2048', '-x509']
    execFileSync('openssl', ['req', ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const control = await controls.start({ variables: { HEADGATE_TLS_CERT: cert, HEADGATE_TLS_KEY: key } })
    expect(control.node.signInLink()).toMatch(/^https:/)
    const cookie = await new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': 'application/json' }
      const path = '/api/v1/session'
      const sent = request(
        { port: control.node.port, path, method: 'POST', headers, rejectUnauthorized: false },
        (got) => {
          resolve(got.headers['set-cookie']?.[0] ?? '')
          got.resume()
        },
      )
      sent.on('error', reject).end(JSON.stringify({ adminToken }))
    })
    expect(cookie).toMatch(/^__Host-headgate=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  })
})
