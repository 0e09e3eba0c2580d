// The first five minutes: one command, what it prints, and that each printed line does what it says.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, checkout, type Gateway, startGateway } from './gateway.ts'
import { until } from './until.ts'

const hasCurl = spawnSync('curl', ['--version']).status === 0

let gateway: Gateway
let printed: string

beforeAll(async () => {
  gateway = await startGateway()
  // It may be ready a moment before it says so.
  await until(() => /^curl /m.test(gateway.output()), 10_000)
  printed = gateway.output()
})
afterAll(() => gateway?.stop())

const lineOf = (label: string) => new RegExp(`^ +${label} +(\\S+)`, 'm').exec(printed)?.[1] ?? ''

describe('a first start without any configuration', () => {
  test.skipIf(!hasCurl)('prints a curl line that answers', () => {
    const line = printed.split('\n').find((line) => line.startsWith('curl '))
    const { status, stdout } = spawnSync('sh', ['-c', line ?? 'false'], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(JSON.parse(stdout).choices[0].message.content).toBe('You said: Hello, Headgate!')
  })

  test('prints an endpoint and a key that list the demo models', async () => {
    const { json } = await ask(`${lineOf('Endpoint')}/models`, 'GET', undefined, {
      authorization: `Bearer ${lineOf('Key')}`,
    })
    const ids = json.data.map(({ id }: { id: string }) => id)
    expect(ids).toEqual(expect.arrayContaining(['demo/echo', 'demo/slow', 'demo/flaky', 'demo/429', 'demo/tools']))
  })

  test('prints a console link that signs in once', async () => {
    const link = new URL(lineOf('Console'))
    const page = await fetch(link)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)])
    const token = link.searchParams.get('token') ?? ''
    const signIn = () =>
      fetch(`${link.origin}/sign-in`, {
        method: 'POST',
        body: new URLSearchParams({ token, return_to: '/' }),
        redirect: 'manual',
        headers: { origin: link.origin },
      })
    const first = await signIn()
    const [cookie = ''] = first.headers.getSetCookie()
    expect([first.status, cookie]).toEqual([303, expect.stringMatching(/HttpOnly.*SameSite|SameSite.*HttpOnly/)])
    const again = await signIn()
    expect([again.status, again.headers.getSetCookie()]).toEqual([401, []])
    const csrf = first.headers.get('location')?.split('#csrf=')[1] ?? ''
    const session = { cookie: cookie.split(';')[0] ?? '', 'x-headgate-csrf': csrf }
    expect((await ask(`${gateway.control}/api/v1/config`, 'GET', undefined, session)).status).toBe(200)
    expect((await ask(`${gateway.control}/api/v1/config`, 'GET')).status).toBe(401)
  })

  test('prints neither the admin token that it was given nor a fault', () => {
    expect(printed).not.toContain('acceptance-token')
    expect(printed).not.toMatch(/error|warn|undefined|\bat .*:\d+:\d+/i)
  })

  test('prints nothing for each request', async () => {
    const before = gateway.output()
    const { json } = await ask(`${gateway.base}/v1/models`, 'GET', undefined, {
      authorization: `Bearer ${lineOf('Key')}`,
    })
    expect(json.object).toBe('list')
    await ask(`${gateway.base}/v1/models`, 'GET')
    expect(gateway.output()).toBe(before)
  })

  test('is healthy on both ports, and keeps figures off the data port', async () => {
    const statuses = async (base: string) =>
      Promise.all(['/livez', '/readyz', '/metrics'].map(async (path) => (await fetch(base + path)).status))
    expect(await statuses(gateway.base)).toEqual([200, 200, 404])
    expect(await statuses(gateway.control)).toEqual([200, 200, 200])
  })

  test('answers probes whatever parameters they add', async () => {
    for (const query of ['?x=1', '?verbose', '?verbose&x=1&x=2']) {
      for (const path of ['/livez', '/readyz', '/metrics'])
        expect([path, query, (await fetch(gateway.control + path + query)).status]).toEqual([path, query, 200])
    }
    expect(await (await fetch(`${gateway.control}/readyz?x=1&verbose`)).json()).toHaveProperty('reasons')
    expect(await (await fetch(`${gateway.control}/readyz`)).json()).toEqual({ status: 'ok' })
  })

  test('keeps others out of its folder', async () => {
    const other = await startGateway({ dataDir: gateway.dataDir, ready: false })
    await other.ended
    expect(other.exitCode).toBe(1)
    expect(other.output()).toMatch(/cannot start[\s\S]*(pid|process) \d+/)
    expect((await fetch(`${gateway.base}/readyz`)).status).toBe(200)
  })
})

describe('a start with another master key', () => {
  test('is refused and says so, instead of calling the log damaged; nothing is written', async () => {
    await gateway.kill('SIGTERM')
    const masterKey = join(gateway.dataDir, 'master.key')
    const [kept, dataKeys] = [readFileSync(masterKey), join(gateway.dataDir, 'config', 'data-keys.json')]
    const before = readFileSync(dataKeys, 'utf8')
    writeFileSync(masterKey, `${Buffer.alloc(32, 7).toString('base64')}\n`)
    const other = await startGateway({ dataDir: gateway.dataDir, ready: false })
    await other.ended
    expect([other.exitCode, readFileSync(dataKeys, 'utf8')]).toEqual([1, before])
    expect(other.output()).toMatch(/cannot start\n {2}the data folder .+ was written under another master key/)
    writeFileSync(masterKey, kept)
  })
})

describe('a second start', () => {
  test('prints the same key again, and another link', async () => {
    await gateway.kill('SIGTERM')
    const second = await startGateway({ dataDir: gateway.dataDir })
    try {
      const again = second.output()
      expect(again).toContain(lineOf('Key'))
      expect(again).not.toContain(lineOf('Console').split('token=')[1])
    } finally {
      await second.kill()
    }
  })

  test('without the demo prints no key and serves no demo model', async () => {
    const plain = await startGateway({ environment: { HEADGATE_DEMO: 'off' } })
    try {
      expect(plain.output()).not.toMatch(/hg_|curl /)
      const { secret } = await plain.issueKey()
      const { json } = await ask(`${plain.base}/v1/models`, 'GET', undefined, { authorization: `Bearer ${secret}` })
      expect(json.data).toEqual([])
    } finally {
      await plain.stop()
    }
  })
})

test('a start with --auto and one key in the environment serves the names that clients know', async () => {
  const environment = { ANTHROPIC_API_KEY: 'sk-ant-nobody' }
  const auto = await startGateway({ words: ['start', '--auto'], environment })
  try {
    await until(() => /^curl /m.test(auto.output()), 10_000)
    const output = auto.output()
    expect(output).toMatch(/^ {2}Found +ANTHROPIC_API_KEY, enabled as the provider anthropic$/m)
    expect(output).toMatch(/^ {2}Models +call them by name: claude-/m)
    const [, endpoint, token] = /^ANTHROPIC_BASE_URL=(\S+) ANTHROPIC_AUTH_TOKEN=(\S+) claude$/m.exec(output) ?? []
    const { json } = await ask(`${endpoint}/v1/models`, 'GET', undefined, { authorization: `Bearer ${token}` })
    expect(json.data.map(({ id }: { id: string }) => id)).toContain('claude-sonnet-4-5')
    expect(output).not.toContain('sk-ant-nobody')
  } finally {
    await auto.stop()
  }
})

describe('a start that cannot be', () => {
  test.each([
    ['a short admin token', { HEADGATE_ADMIN_TOKEN: 'changeme' }, /HEADGATE_ADMIN_TOKEN.*16/],
    ['an open host without TLS', { HEADGATE_HOST: '0.0.0.0' }, /HEADGATE_HOST.*HEADGATE_TLS_CERT/],
    ['a port that is none', { HEADGATE_PORT: '99999' }, /HEADGATE_PORT/],
    ['a configuration that is absent', { HEADGATE_CONFIG: '/nowhere/headgate.yaml' }, /nowhere\/headgate\.yaml/],
  ])('for %s is refused in words', async (_, environment, says) => {
    const refused = await startGateway({ environment, ready: false })
    try {
      await until(() => refused.exitCode !== null, 20_000)
      expect(refused.exitCode).toBe(1)
      expect(refused.output()).toMatch(says)
      expect(refused.output()).not.toMatch(/changeme|\bat .*:\d+:\d+/)
    } finally {
      await refused.stop()
    }
  })

  test('for a data port where another gateway listens is refused, and names the port', async () => {
    const first = await startGateway()
    const second = await startGateway({ environment: { HEADGATE_PORT: `${first.port}` }, ready: false })
    try {
      await until(() => second.exitCode !== null, 20_000)
      expect(second.exitCode).toBe(1)
      expect(second.output()).toContain(`HEADGATE_PORT: cannot listen on 127.0.0.1:${first.port}`)
      expect((await ask(`${first.base}/readyz`, 'GET')).status).toBe(200)
    } finally {
      await second.stop()
      await first.stop()
    }
  })

  test.each(['HEADGATE_CONTROL_PORT', 'HEADGATE_OPS_PORT'])(
    'for a taken %s is refused with what to do',
    async (variable) => {
      const first = await startGateway()
      const second = await startGateway({ environment: { [variable]: `${first.port}` }, ready: false })
      try {
        await until(() => second.exitCode !== null, 20_000)
        expect(second.output()).toContain(
          `${variable}: cannot listen on 127.0.0.1:${first.port}: the port is taken. Stop what listens there, or set ${variable}`,
        )
        expect(second.output()).not.toContain('EADDRINUSE')
      } finally {
        await second.stop()
        await first.stop()
      }
    },
  )

  test('for a configuration with mistakes names them all, with line, column and the nearest word', async () => {
    const config = [
      'providers:',
      '  mock: { kind: openai, baseUrl: "http://127.0.0.1:9/v1", credential: [] }',
      'models:',
      '  fast: { targets: [{ provider: mokc, model: gpt-x }] }',
    ].join('\n')
    const refused = await startGateway({ config, ready: false })
    try {
      await until(() => refused.exitCode !== null, 20_000)
      expect(refused.exitCode).toBe(1)
      expect(refused.output()).toMatch(/2:\d+.*credential/s)
      expect(refused.output()).toMatch(/did you mean.*credentials/is)
      expect(refused.output()).toMatch(/4:\d+.*mokc/s)
    } finally {
      await refused.stop()
    }
  })
})

test('the command tells its verbs and its version', () => {
  const script = ['--disable-warning=ExperimentalWarning', '--import', './scripts/strip-types.mjs', 'nodes/headgate.ts']
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [...script, ...args], { cwd: checkout, encoding: 'utf8' })
  expect(run('--help').stdout).toMatch(/start[\s\S]*open[\s\S]*validate/)
  expect(run('--version').stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/)
  expect(run('nonsense').status).toBeGreaterThan(0)
})
