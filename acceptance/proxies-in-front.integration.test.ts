// nginx, HAProxy and Caddy in front of the gateway, as `docs/proxies-in-front.md` configures them: with the very text of that page, but for
// ports, files and TLS.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { freePort } from '../shared/free-ports.ts'
import { ask, checkout, type Gateway, startGateway } from './gateway.ts'
import { type RealtimeUpstream, startRealtimeUpstream } from './realtime/realtime-upstream.ts'
import { dataEvents, eventStream, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { until } from './until.ts'

const page = readFileSync(join(checkout, 'docs', 'proxies-in-front.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'headgate-in-front-'))
const running: ChildProcess[] = []
let gateway: Gateway
let upstream: ScriptedUpstream
let voice: RealtimeUpstream
let secret: string

const chunk = (content: string) => ({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] })

beforeAll(async () => {
  upstream = await startScriptedUpstream(({ body }) => {
    if (body.stream !== true) return { pieces: [JSON.stringify({ choices: [{ message: { content: 'Hello' } }] })] }
    return { headers: eventStream, pieces: dataEvents([chunk('One'), chunk('Two')]), pauseMs: 400 }
  })
  voice = await startRealtimeUpstream()
  const credentials = [{ name: 'main', apiKey: 'sk-canary' }]
  gateway = await startGateway({
    config: {
      providers: {
        up: { kind: 'openai', baseUrl: `${upstream.url}/v1`, credentials },
        voice: { kind: 'openai', baseUrl: `${voice.url}/v1`, credentials },
      },
    },
    environment: { HEADGATE_TRUSTED_PROXIES: '127.0.0.1' },
  })
  secret = (await gateway.issueKey()).secret
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await gateway?.stop()
  await upstream?.stop()
  await voice?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program} || command -v /usr/sbin/${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A code block of the page with replacements, each of which must be there to be replaced. */
function configOf(language: string, ...replacements: readonly (readonly [what: string, by: string])[]): string {
  const block = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1]
  if (block === undefined) throw new Error(`the page has no block of ${language}`)
  return replacements.reduce((text, [what, by]) => {
    if (!text.includes(what)) throw new Error(`the ${language} configuration has no ${what}`)
    return text.replace(what, by)
  }, block)
}

function nginxConfig(http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`)
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {}
http { access_log off; ${temporary.join(' ')}
${http} }`
}

async function start(program: string, args: readonly string[], port: number): Promise<string> {
  const path = `${process.env['PATH']}:/usr/sbin`
  // Caddy keeps its data in the folders of the user.
  const env = { ...process.env, PATH: path, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env })
  running.push(child)
  await until(() => child.exitCode !== null || isOpen(port), 10_000)
  if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
  return `http://127.0.0.1:${port}`
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('close', () => socket.destroy()).on('connect', () => socket.destroy())
  })
}

async function startNginx(http: string, port: number): Promise<string> {
  const file = join(folder, `nginx-${port}.conf`)
  writeFileSync(file, nginxConfig(http))
  return start('nginx', ['-c', file, '-e', join(folder, 'nginx-start.log')], port)
}

const starts = {
  async nginx(): Promise<string> {
    const port = await freePort(Math.random)
    const config = configOf(
      'nginx',
      ['server 127.0.0.1:8080;', `server 127.0.0.1:${gateway.port};`],
      ['listen 443 ssl;', `listen 127.0.0.1:${port};`],
      ['ssl_certificate /etc/nginx/llm.pem;', ''],
      ['ssl_certificate_key /etc/nginx/llm.key;', ''],
    )
    return startNginx(config, port)
  },
  async haproxy(): Promise<string> {
    const port = await freePort(Math.random)
    const file = join(folder, 'haproxy.cfg')
    const config = configOf(
      'haproxy',
      ['server one 127.0.0.1:8080', `server one 127.0.0.1:${gateway.port}`],
      ['bind :443 ssl crt /etc/haproxy/llm.pem alpn h2,http/1.1', `bind 127.0.0.1:${port}`],
    )
    writeFileSync(file, config)
    const base = await start('haproxy', ['-q', '-db', '-f', file], port)
    await until(async () => (await fetch(`${base}/readyz`)).ok, 10_000)
    return base
  },
  async caddy(): Promise<string> {
    const port = await freePort(Math.random)
    const file = join(folder, 'Caddyfile')
    const config = configOf(
      'caddyfile',
      ['127.0.0.1:8080', `127.0.0.1:${gateway.port}`],
      ['llm.example.com', `http://127.0.0.1:${port}`],
    )
    writeFileSync(file, `{\n  admin off\n  log {\n    level ERROR\n  }\n}\n${config}`)
    return start('caddy', ['run', '--adapter', 'caddyfile', '--config', file], port)
  },
}

function chat(base: string, more: object = {}) {
  const body = { model: 'up/gpt-x', messages: [{ role: 'user', content: 'hi' }], ...more }
  return ask(`${base}/v1/chat/completions`, 'POST', body, { authorization: `Bearer ${secret}` })
}

describe.each(['nginx', 'haproxy', 'caddy'] as const)('%s in front', (program) => {
  let base: string
  beforeAll(async () => {
    if (isInstalled(program)) base = await starts[program]()
  })

  test.skipIf(!isInstalled(program))('answers, with the headers of the gateway', async () => {
    const told = await chat(base)
    expect([told.status, told.json.choices[0].message.content]).toEqual([200, 'Hello'])
    expect(told.headers.get('x-headgate-provider')).toBe('up')
  })

  test.skipIf(!isInstalled(program))('passes a refusal on with its hints', async () => {
    const told = await ask(`${base}/v1/models`, 'GET')
    expect([told.status, told.json.error.code, told.headers.get('x-should-retry')]).toEqual([
      401,
      'missing_api_key',
      'false',
    ])
  })

  test.skipIf(!isInstalled(program))('passes the events of a stream on as they come', async () => {
    const body = { model: 'up/gpt-x', stream: true, messages: [{ role: 'user', content: 'hi' }] }
    const response = await fetch(`${base}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    let text = ''
    const came: number[] = []
    for await (const bytes of response.body ?? []) {
      text += Buffer.from(bytes).toString('utf8')
      came.push(performance.now())
    }
    expect(text).toMatch(/One[\s\S]*Two[\s\S]*data: \[DONE\]\n\n$/)
    expect((came.at(-1) ?? 0) - (came[0] ?? 0)).toBeGreaterThan(350)
  })

  test.skipIf(!isInstalled(program))('passes a realtime session on', async () => {
    const url = `${base.replace('http', 'ws')}/v1/realtime?model=voice/gpt-realtime`
    const socket = new WebSocket(url, [], { headers: { authorization: `Bearer ${secret}` } })
    const types: string[] = []
    socket.on('error', () => {})
    socket.on('message', (bytes) => {
      const { type } = JSON.parse(bytes.toString())
      if (types.push(type) === 1) socket.send('{"type":"response.create"}', { binary: false })
    })
    await until(() => types.includes('response.done'), 5_000)
    expect(types[0]).toBe('session.created')
    socket.terminate()
  })

  test.skipIf(!isInstalled(program))(
    'takes the next request after the gateway has closed an idle connection',
    async () => {
      await chat(base)
      await new Promise((next) => setTimeout(next, 11_500))
      expect((await chat(base)).status).toBe(200)
    },
  )
})

test.skipIf(!isInstalled('nginx'))('nginx with its old defaults is told the line to add', async () => {
  const port = await freePort(Math.random)
  const server = `server { listen 127.0.0.1:${port}; location / { proxy_pass ${gateway.base}; proxy_http_version 1.0; } }`
  const told = await chat(await startNginx(server, port))
  expect([told.status, told.json.error.code, told.headers.get('content-type')]).toEqual([
    505,
    'http_1_0',
    'application/json',
  ])
  expect(told.json.error.message).toContain('proxy_http_version 1.1;')
})
