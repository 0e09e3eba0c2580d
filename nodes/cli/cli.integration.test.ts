// The verbs against a control node that runs as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCode } from './exit-code.ts'
import { runCli } from './program.ts'

let child: ChildProcess
let url: string
let dataDir: string
let environment: Record<string, string>
const folder = mkdtempSync(join(tmpdir(), 'headgate-cli-'))

beforeAll(async () => {
  const script = fileURLToPath(new URL('../control/testing/control-process.ts', import.meta.url))
  child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) => child.stdout!.setEncoding('utf8').once('data', resolve))
  ;({ url, dataDir } = JSON.parse(line))
  environment = { HEADGATE_CONTROL_URL: url, HEADGATE_DATA_DIR: dataDir }
})
afterAll(async () => {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.stdin!.end()
  await ended
  rmSync(folder, { recursive: true, force: true })
})

async function run(argv: string[], more: Record<string, string> = {}, signal?: AbortSignal) {
  const out: string[] = []
  const err: string[] = []
  const code = await runCli(argv, {
    version: '1.2.3',
    start: async () => {},
    environment: { ...environment, ...more },
    terminal: {
      out: (text) => out.push(text),
      err: (text) => err.push(text),
      colours: false,
      write: async (text) => void out.push(text),
    },
    ...(signal === undefined ? {} : { signal }),
  })
  return { code, out: out.join('\n'), err: err.join('\n'), json: () => JSON.parse(out.join('\n')) }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('where the node is and who asks', () => {
  test('the token of the data folder is enough on the same machine', async () => {
    expect((await run(['get', 'teams', '--json'])).json().items).toEqual([
      { name: 'default', id: 'team default', spec: {}, revision: 1 },
    ])
  })

  test('a wrong token ends with 4, no token with 4, no node with 3', async () => {
    expect((await run(['get', 'teams'], { HEADGATE_ADMIN_TOKEN: 'wrong' })).code).toBe(exitCode.unauthorized)
    expect((await run(['get', 'teams'], { HEADGATE_DATA_DIR: folder })).code).toBe(exitCode.unauthorized)
    const away = await run(['get', 'teams'], { HEADGATE_CONTROL_URL: 'http://127.0.0.1:1' })
    expect([away.code, away.err]).toEqual([exitCode.unreachable, expect.stringContaining('http://127.0.0.1:1')])
  })

  test('the address of the running node is found in its data folder, unless the environment has one', async () => {
    const found = await run(['get', 'teams'], { HEADGATE_CONTROL_URL: '' })
    expect(found.code).toBe(0)
    const elsewhere = await run(['get', 'teams'], { HEADGATE_CONTROL_URL: '', HEADGATE_CONTROL_PORT: '1' })
    expect([elsewhere.code, elsewhere.err]).toEqual([
      exitCode.unreachable,
      expect.stringContaining('http://127.0.0.1:1'),
    ])
  })

  test('host and port from the environment will do as well', async () => {
    const port = new URL(url).port
    expect((await run(['get', 'teams'], { HEADGATE_CONTROL_URL: '', HEADGATE_CONTROL_PORT: port })).code).toBe(0)
  })
})

describe('usage', () => {
  test.each([
    [['nonesuch']],
    [['get']],
    [['keys', 'create', 'k', '--team', 'a', '--user', 'b']],
    [['logs', '-n', 'x']],
    [['get', 'teems']],
  ])('%j ends with 2', async (argv) => expect((await run(argv)).code).toBe(exitCode.usage))

  test('help and version end with 0', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, out: '1.2.3' })
    expect((await run(['--help'])).out).toContain('replay')
  })

  test('start is handed its role', async () => {
    const started: unknown[] = []
    const start = async (options: unknown) => void started.push(options)
    expect(await runCli(['start', '--role', 'proxy', '--auto'], { version: '0', start })).toBe(0)
    expect(started).toEqual([{ role: 'proxy', auto: true }])
  })
})

describe('keys', () => {
  test('a key is made with its secret alone on stdout, rotated, listed and revoked', async () => {
    const made = await run(['keys', 'create', 'ci', '--models', 'demo/echo', '--reason', 'ticket 9'])
    expect(made.out).toMatch(/^hg_[\w-]{43}$/)
    const { items } = (await run(['keys', 'list', '--json'])).json()
    const key = items.find((item: { name: string }) => item.name === 'ci')
    expect(key).toMatchObject({ models: ['demo/echo'], prefix: made.out.slice(0, 8) })
    const rotated = (await run(['keys', 'rotate', key.id, '--overlap', '1m', '--json'])).json()
    expect(rotated.secret).not.toBe(made.out)
    expect((await run(['keys', 'revoke', key.id])).code).toBe(0)
    expect((await run(['keys', 'revoke', key.id])).code).toBe(exitCode.no)
    expect((await run(['keys', 'list'])).out).not.toContain(key.id)
    expect((await run(['get', 'keys'])).out).toBe((await run(['keys', 'list'])).out)
    const [demo] = (await run(['get', 'keys', '--json'])).json().items
    expect((await run(['get', 'keys', demo.id, '--json'])).json()).toMatchObject({ id: demo.id, name: demo.name })
  })

  test('what is wrong with a key is named and ends with 5', async () => {
    const refused = await run(['keys', 'create', 'k', '--team', 'nobody'])
    expect([refused.code, refused.err]).toEqual([
      exitCode.invalid,
      expect.stringContaining('owner.team: there is no team'),
    ])
  })
})

describe('documents', () => {
  const good =
    'providers:\n  up: { kind: openai, baseUrl: "http://127.0.0.1:9/v1" }\nteams:\n  cli: { tier: "\u0024{TIER}" }\n'
  const bad = 'models:\n  a: { targets: [{ provider: phantom, model: m }] }\n  b: { rooting: x }\n'

  test('validate needs no node, and tells every problem at its line', async () => {
    const away = { HEADGATE_CONTROL_URL: 'http://127.0.0.1:1', TIER: 'gold' }
    expect((await run(['validate', '-f', file('good.yaml', good)], away)).code).toBe(0)
    const refused = await run(['validate', '-f', file('bad.yaml', bad)], away)
    expect(refused.code).toBe(exitCode.invalid)
    expect(refused.err).toMatch(/2:\d+ models\.a\.targets\[0\]\.provider: .*phantom/)
    expect(refused.err).toMatch(/3:\d+ models\.b\.rooting: .*did you mean "routing"/)
    expect((await run(['validate', '-f', join(folder, 'absent.yaml')], away)).code).toBe(exitCode.usage)
  })

  test('validate warns of a secret in plain text and lets it pass', async () => {
    const plain = 'providers:\n  up: { kind: openai, credentials: [{ name: main, apiKey: sk-plain }] }\n'
    const path = file('plain.yaml', plain)
    const told = await run(['validate', '-f', path])
    expect(told.code).toBe(0)
    expect(told.out).toMatch(/warning at line 2: providers\.up\.credentials\[0\]\.apiKey: /)
    expect(told.out).not.toContain('sk-plain')
    const { warnings } = JSON.parse((await run(['validate', '-f', path, '--json'])).out) as { warnings: unknown[] }
    expect(warnings).toHaveLength(1)
  })

  test('diff tells and changes nothing, apply changes, and a second apply does not', async () => {
    const path = file('good.yaml', good)
    const first = await run(['diff', '-f', path, '--exit-code'], { TIER: 'gold' })
    expect(first).toMatchObject({ code: exitCode.no, out: expect.stringContaining('+ teams.cli') })
    const applied = await run(['apply', '-f', path, '--json'], { TIER: 'gold' })
    expect(applied.json().changes).toHaveLength(2)
    expect((await run(['apply', '-f', path], { TIER: 'gold' })).out).toBe('nothing changed')
    expect((await run(['diff', '-f', path, '--exit-code'], { TIER: 'gold' })).code).toBe(0)
    expect((await run(['get', 'teams', 'cli', '--json'])).json().spec).toEqual({ tier: 'gold' })
  })

  test('what only the node can know is shown at the line of the document', async () => {
    const refused = await run(['apply', '-f', file('clash.yaml', 'teams:\n  ok: {}\n  DEFAULT: {}\n')])
    expect(refused.code).toBe(exitCode.invalid)
    expect(refused.err).toMatch(/3:\d+ teams\.DEFAULT: .*duplicate/)
  })

  test('an exported configuration changes nothing where it came from', async () => {
    await run(['apply', '-f', file('good.yaml', good)], { TIER: 'gold' })
    const exported = await run(['export'])
    expect(exported.out).toMatch(/^# yaml-language-server: \$schema=/)
    expect((await run(['diff', '-f', file('exported.yaml', exported.out), '--json'])).json().changes).toEqual([])
  })
})

describe('watching', () => {
  test('open prints a link that opens a session', async () => {
    const link = (await run(['open'])).out
    const token = new URL(link).searchParams.get('token')
    const headers = { 'content-type': 'application/json' }
    const opened = await fetch(`${url}/api/v1/session`, { method: 'POST', headers, body: JSON.stringify({ token }) })
    expect(opened.status).toBe(200)
  })

  test('status is ok and names the control node', async () => {
    const told = await run(['status', '--json'])
    expect([told.code, told.json().status, told.json().nodes[0].role]).toEqual([0, 'ok', 'control'])
  })

  test('doctor finds nothing wrong here, and names the node that does not answer elsewhere', async () => {
    expect((await run(['doctor'])).code).toBe(0)
    const sick = await run(['doctor', '--json'], {
      HEADGATE_CONTROL_URL: 'http://127.0.0.1:1',
      HEADGATE_PORT: 'eighty',
    })
    const errors = sick.json().findings.filter(({ level }: { level: string }) => level === 'error')
    expect([sick.code, errors.map(({ check }: { check: string }) => check)]).toEqual([
      1,
      ['environment', 'control node'],
    ])
  })

  test('the standing of the master key is told, and nothing is rewrapped where there is one key', async () => {
    const told = await run(['master-key', 'status'])
    expect([told.code, told.out]).toEqual([exitCode.ok, expect.stringContaining('everything is under this key')])
    const rewrapped = await run(['master-key', 'rewrap', '--json'])
    expect(rewrapped.code).toBe(exitCode.ok)
    expect(rewrapped.json()).toMatchObject({ isDone: true, rewrapped: 0, accepted: [], nodesBehind: [] })
  })

  test('logs say so when no aggregator answers', async () => {
    expect(await run(['logs'])).toMatchObject({ code: exitCode.no, err: expect.stringContaining('aggregator') })
  })
})

describe('the log, without the node', () => {
  test('replay folds it to any revision and tells what changed between two', async () => {
    const now = (await run(['replay', '--json'])).json()
    expect(now.resources.teams.default).toEqual({ id: 'team default' })
    expect((await run(['replay', '--to', '1', '--json'])).json()).toMatchObject({ revision: 1, keys: 0 })
    expect((await run(['replay', '--to', '2', '--diff', '1'])).out).toMatch(/^\+ keys\./)
    expect((await run(['replay', '--to', '99999'])).code).toBe(exitCode.no)
  })

  test('an intact log is found intact while the node runs', async () => {
    const told = await run(['log', 'verify', '--json'])
    expect([told.code, told.json()]).toEqual([0, expect.objectContaining({ intact: true, problems: [] })])
  })

  test('one flipped bit is found, and ends with 7', async () => {
    const copy = join(folder, 'damaged')
    cpSync(dataDir, copy, { recursive: true })
    let flipped = 0
    for (const name of readdirSync(join(copy, 'config')).filter((one) => one.startsWith('log.sqlite'))) {
      const bytes = readFileSync(join(copy, 'config', name))
      for (let at = bytes.indexOf('bootstrap'); at >= 0; at = bytes.indexOf('bootstrap', at + 1))
        bytes[at]! ^= ++flipped && 1
      writeFileSync(join(copy, 'config', name), bytes)
    }
    expect(flipped).toBeGreaterThan(0)
    const told = await run(['log', 'verify'], { HEADGATE_DATA_DIR: copy })
    expect([told.code, told.out]).toEqual([exitCode.damaged, expect.stringMatching(/damaged|rewound/)])
    expect((await run(['replay'], { HEADGATE_DATA_DIR: copy })).code).toBe(exitCode.damaged)
  })

  test('a key that is accepted beside the master key verifies the log too', async () => {
    const used = readFileSync(join(dataDir, 'master.key'), 'utf8').trim()
    const other = Buffer.alloc(32, 9).toString('base64')
    const keys = { HEADGATE_MASTER_KEY: other, HEADGATE_MASTER_KEY_PREVIOUS: used }
    expect((await run(['log', 'verify'], keys)).code).toBe(exitCode.ok)
    const broken = await run(['log', 'verify'], { ...keys, HEADGATE_MASTER_KEY_PREVIOUS: 'hidden' })
    expect([broken.code, broken.err]).toEqual([exitCode.usage, expect.not.stringContaining('hidden')])
  })

  test('another master key proves nothing: it ends with 7', async () => {
    const key = Buffer.alloc(32, 1).toString('base64')
    const told = await run(['log', 'verify'], { HEADGATE_MASTER_KEY: key })
    expect([told.code, told.out]).toEqual([exitCode.damaged, expect.stringContaining('under another master key: set')])
  })
})
