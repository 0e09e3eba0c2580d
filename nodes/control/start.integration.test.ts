import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { StartRefused } from './first-writes.ts'
import { adminToken, type StartControlOptions, type StartedControl, startedControl } from './testing/started-control.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-start-'))
const running = new Set<StartedControl>()
afterAll(async () => {
  for (const control of running) await control.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: StartControlOptions = {}): Promise<StartedControl> {
  const control = await startedControl({ dataDir: mkdtempSync(join(folder, 'data-')), ...options })
  running.add(control)
  return control
}

async function stop(control: StartedControl): Promise<void> {
  running.delete(control)
  await control.stop()
}

function configFile(text: string): string {
  const path = join(mkdtempSync(join(folder, 'config-')), 'headgate.yaml')
  writeFileSync(path, text)
  return path
}

const revisionOf = async (control: StartedControl) => (await control.admin('GET', '/config')).json.revision

describe('bootstrap', () => {
  test('a new installation has a team, the demo provider and a demo key; a second start adds nothing', async () => {
    const first = await start()
    const { resources } = (await first.admin('GET', '/config')).json
    expect(resources).toMatchObject({ teams: { default: {} }, providers: { demo: { kind: 'demo' } } })
    const [revision, demoKey] = [await revisionOf(first), first.node.demoKey]
    await stop(first)
    const second = await start({ dataDir: first.dataDir })
    expect([await revisionOf(second), second.node.demoKey]).toEqual([revision, demoKey])
  })

  test('the token of the demo key lies nowhere in the clear', async () => {
    const control = await start()
    await stop(control)
    const files = readdirSync(control.dataDir, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())
    for (const file of files) {
      expect(readFileSync(join(file.parentPath, file.name)).includes(control.node.demoKey!)).toBe(false)
    }
  })

  test('with the demo off there is no demo provider and nothing else is gone; on again, all is back', async () => {
    const first = await start()
    const { demoKey } = first.node
    await first.admin('PUT', '/teams/mine', {})
    await stop(first)
    const off = await start({ dataDir: first.dataDir, variables: { HEADGATE_DEMO: 'off' } })
    const { resources } = (await off.admin('GET', '/config')).json
    expect(resources.providers).toEqual({})
    expect(Object.keys(resources.teams)).toEqual(['default', 'mine'])
    expect(off.node.demoKey).toBeUndefined()
    await stop(off)
    const on = await start({ dataDir: first.dataDir })
    expect((await on.admin('GET', '/config')).json.resources.providers).toEqual({ demo: { kind: 'demo' } })
    expect(on.node.demoKey).toBe(demoKey)
  })

  test('a demo key that was revoked stays revoked', async () => {
    const first = await start()
    const [key] = (await first.admin('GET', '/keys')).json.items
    await first.admin('DELETE', `/keys/${key.id}`)
    await stop(first)
    const second = await start({ dataDir: first.dataDir })
    expect(second.node.demoKey).toBeUndefined()
    expect((await second.admin('GET', '/keys')).json.items).toEqual([])
  })

  test('a control node of a cluster has no demo unless it was asked for', async () => {
    const control = await start({ node: { name: 'c', version: '0', role: 'control' } })
    expect([control.node.demoKey, (await control.admin('GET', '/keys')).json.items]).toEqual([undefined, []])
  })
})

describe('the config file', () => {
  test('it is applied with variables and secret files filled in; started again, it writes no event', async () => {
    const secret = join(folder, 'secret.txt')
    writeFileSync(secret, 'sk-from-a-file-1234\n')
    const text = `
providers: { up: { kind: openai, baseUrl: "http://127.0.0.1:9/v1", credentials: [{ name: a, apiKey: "file:${secret}" }] } }
models: { fast: { targets: [{ provider: up, model: "\u0024{UP_MODEL:-small}" }] } }
`
    const variables = { HEADGATE_CONFIG: configFile(text), UP_MODEL: 'large' }
    const first = await start({ variables })
    const { revision, resources } = (await first.admin('GET', '/config')).json
    expect(resources.models.fast.targets[0].model).toBe('large')
    expect(resources.providers.up.credentials[0].apiKey).toBe('…1234')
    await stop(first)
    const second = await start({ dataDir: first.dataDir, variables })
    expect(await revisionOf(second)).toBe(revision)
  })

  test('what it no longer names is deleted, what was made by hand stays', async () => {
    const path = configFile('teams: { a: {}, b: {} }')
    const first = await start({ variables: { HEADGATE_CONFIG: path } })
    await first.admin('PUT', '/teams/c', {})
    await stop(first)
    writeFileSync(path, 'teams: { a: {} }')
    const second = await start({ dataDir: first.dataDir, variables: { HEADGATE_CONFIG: path } })
    const { teams } = (await second.admin('GET', '/config')).json.resources
    expect(Object.keys(teams)).toEqual(['a', 'c', 'default'])
  })

  test('an invalid one refuses the start, with every problem at its line and column', async () => {
    const path = configFile('models:\n  a: { targets: [{ provider: ghost, model: m }], rooting: x }\nlimitz: {}\n')
    const refused = await start({ variables: { HEADGATE_CONFIG: path } }).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StartRefused)
    const { message } = refused as Error
    for (const part of [`${path}:2:`, 'ghost', 'did you mean "routing"', `${path}:3:1 `, 'did you mean "limits"']) {
      expect(message).toContain(part)
    }
  })

  test.each([
    ['a kind that is not enforced', 'budgets: {}\n', 'budgets'],
    ['broken YAML', 'teams: [\n', 'headgate.yaml:'],
  ])('%s refuses the start by name', async (_, text, named) => {
    await expect(start({ variables: { HEADGATE_CONFIG: configFile(text) } })).rejects.toThrow(named)
  })

  test('a secret in plain text is sealed and warned of, without showing it', async () => {
    const text = 'providers:\n  p: { kind: openai, credentials: [{ name: a, apiKey: sk-plain-abcdefgh-1234 }] }\n'
    const control = await start({ variables: { HEADGATE_CONFIG: configFile(text) } })
    const warnings = control.notices.filter(({ type }) => type === 'warning')
    expect(warnings).toEqual([
      { type: 'warning', message: expect.stringMatching(/headgate\.yaml:2:\d+ providers\.p\.cred/) },
    ])
    expect(JSON.stringify(control.notices)).not.toContain('sk-plain')
    expect((await control.admin('GET', '/providers/p')).json.spec.credentials[0].apiKey).toBe('…1234')
  })

  describe('with a value that this machine lacks', () => {
    const text = 'providers:\n  p: { kind: groq, credentials: [{ name: a, apiKey: "\u0024{GROQ_KEY}" }] }\n'

    test('refuses the first start, and names the variable', async () => {
      const path = configFile(text)
      const refused = start({ variables: { HEADGATE_CONFIG: path } })
      await expect(refused).rejects.toThrow(
        `${path}:2:53 providers.p.credentials[0].apiKey: the variable GROQ_KEY is not set`,
      )
      await expect(refused).rejects.toBeInstanceOf(StartRefused)
    })

    test('goes on, at a restart, with what was applied before: degraded, and said everywhere', async () => {
      const path = configFile(text)
      const first = await start({ variables: { HEADGATE_CONFIG: path, GROQ_KEY: 'gsk-abcdefgh-1234' } })
      const applied = (await first.admin('GET', '/config')).json
      await stop(first)
      const second = await start({ dataDir: first.dataDir, variables: { HEADGATE_CONFIG: path } })
      expect((await second.admin('GET', '/config')).json).toEqual(applied)
      expect((await second.admin('GET', '/providers/p')).json.spec.credentials[0].apiKey).toBe('…1234')
      const reason = `the config file was not applied: ${path}:2:53 providers.p.credentials[0].apiKey: the variable GROQ_KEY is not set. What an earlier start applied is served; set what is missing and start again`
      expect(second.notices).toContainEqual({ type: 'config-degraded', reason })
      const ready = (await (await fetch(`${second.url}/readyz?verbose`)).json()) as { reasons: string[] }
      expect(ready).toMatchObject({ status: 'degraded' })
      expect(ready.reasons.map((told) => told.replace(/ \(since .*\)$/, ''))).toContain(reason)
      expect((await second.admin('PUT', '/teams/later', {})).status).toBe(200)
      await stop(second)
      const third = await start({
        dataDir: first.dataDir,
        variables: { HEADGATE_CONFIG: path, GROQ_KEY: 'gsk-abcdefgh-5678' },
      })
      expect((await third.admin('GET', '/providers/p')).json.spec.credentials[0].apiKey).toBe('…5678')
      expect(await (await fetch(`${third.url}/readyz?verbose`)).text()).not.toContain('config file')
    })

    test('and with another mistake beside it refuses a restart too', async () => {
      const path = configFile(text)
      const first = await start({ variables: { HEADGATE_CONFIG: path, GROQ_KEY: 'gsk-abcdefgh-1234' } })
      await stop(first)
      writeFileSync(path, `${text}modles: {}\n`)
      const refused = start({ dataDir: first.dataDir, variables: { HEADGATE_CONFIG: path } })
      await expect(refused).rejects.toThrow(/GROQ_KEY[\s\S]*did you mean "models"/)
    })
  })

  test('one that was named and is not there refuses the start', async () => {
    const variables = { HEADGATE_CONFIG: join(folder, 'absent.yaml') }
    await expect(start({ variables })).rejects.toThrow(
      /HEADGATE_CONFIG names .*absent\.yaml, which cannot be read: there is no such file/,
    )
  })
})

describe('findings', () => {
  test('a provider key in the environment is named, and becomes a provider only when asked', async () => {
    const variables = { OPENAI_API_KEY: 'sk-found-abcdefgh-1234', ANTHROPIC_API_KEY: 'sk-ant-found-5678' }
    const shy = await start({ variables })
    const keys = shy.node.findings.filter(({ type }) => type === 'provider-key')
    expect(keys).toMatchObject([
      { variable: 'OPENAI_API_KEY', provider: 'openai', lacks: [], enabled: false },
      { variable: 'ANTHROPIC_API_KEY', provider: 'anthropic', lacks: [], enabled: false },
    ])
    expect((await shy.admin('GET', '/providers/openai')).status).toBe(404)
    const auto = await start({ variables, auto: true })
    expect(auto.node.findings[0]).toMatchObject({ variable: 'OPENAI_API_KEY', enabled: true })
    const { spec } = (await auto.admin('GET', '/providers/openai')).json
    expect(spec).toEqual({ kind: 'openai', credentials: [{ name: 'main', apiKey: '…1234' }] })
    const claude = (await auto.admin('GET', '/providers/anthropic')).json
    expect(claude.spec).toEqual({ kind: 'anthropic', credentials: [{ name: 'main', apiKey: '…5678' }] })
  })

  test('so are the keys of every other kind, with what their place is', async () => {
    const keyFile = join(folder, 'google.json')
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
    const auto = await start({ variables, auto: true })
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
      GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'absent.json'),
    }
    const auto = await start({ variables, auto: true })
    expect(auto.node.findings.filter(({ type }) => type === 'provider-key')).toMatchObject([
      { provider: 'azure', lacks: ['AZURE_OPENAI_ENDPOINT'], enabled: false },
      { provider: 'bedrock', lacks: ['AWS_SECRET_ACCESS_KEY', 'AWS_REGION|AWS_DEFAULT_REGION'], enabled: false },
      { provider: 'vertex', lacks: ['GOOGLE_CLOUD_PROJECT'], enabled: false },
    ])
  })
})

describe('a damaged log', () => {
  test('is told by /readyz; what was acknowledged is still shown, and nothing can be changed', async () => {
    const first = await start()
    for (let i = 0; i < 5; i++) await first.admin('PUT', `/teams/flip-me-${i}`, {})
    const revision = await revisionOf(first)
    await stop(first)
    flip(first.dataDir, (name) => name.startsWith('log.sqlite'), 'flip-me-1')
    const second = await start({ dataDir: first.dataDir })
    const ready = await (await fetch(`${second.url}/readyz?verbose`)).json()
    expect(ready).toMatchObject({ status: 'degraded', reasons: [expect.stringMatching(/damaged/), expect.anything()] })
    expect(await revisionOf(second)).toBe(revision)
    const write = await second.admin('PUT', '/teams/more', {})
    expect([write.status, write.json.type]).toEqual([503, 'urn:headgate:problem:config_damaged'])
  })

  test('with every copy damaged nothing older is shown', async () => {
    const first = await start()
    for (let i = 0; i < 5; i++) await first.admin('PUT', `/teams/flip-me-${i}`, {})
    await stop(first)
    flip(first.dataDir, () => true, 'flip-me-1')
    const second = await start({ dataDir: first.dataDir })
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
    const consoleFolder = join(folder, 'console')
    mkdirSync(join(consoleFolder, 'assets'), { recursive: true })
    writeFileSync(join(consoleFolder, 'index.html'), '<!doctype html><html>built</html>')
    writeFileSync(join(consoleFolder, 'assets', 'app-1a2b.js'), 'export {}')
    writeFileSync(join(folder, 'outside.js'), 'secret')
    const control = await start({ consoleFolder })
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
    const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
    const subject = ['-subj', '/CN=localhost', '-days', '1', '-nodes', '-newkey', 'rsa:2048', '-x509']
    execFileSync('openssl', ['req', ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    const control = await start({ variables: { HEADGATE_TLS_CERT: cert, HEADGATE_TLS_KEY: key } })
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
