// `npm run cluster`, as somebody tries it: started, asked, broken with the commands that it prints, ended with Ctrl-C.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atExit } from '../shared/at-exit.ts'
import { freePort } from '../shared/free-ports.ts'
import { findNatsServer } from './cluster.ts'
import { checkout } from './node-process.ts'
import { until } from './until.ts'

const readyMsMax = 90_000
const settled = { timeout: 60_000 }

describe.skipIf(findNatsServer() === undefined)('npm run cluster (needs nats-server)', () => {
  let folder: string
  let npm: ChildProcess
  let forget: (() => void) | undefined
  let ended: Promise<number | null>
  let printed = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'headgate-local-'))
    const environment = {
      HEADGATE_DATA_DIR: join(folder, 'data'),
      HEADGATE_PORT: `${await freePort(Math.random)}`,
      HEADGATE_CONTROL_PORT: `${await freePort(Math.random)}`,
    }
    npm = spawn('npm', ['run', '--silent', 'cluster'], {
      cwd: checkout,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', ...environment },
    })
    for (const stream of [npm.stdout, npm.stderr]) stream?.on('data', (bytes) => (printed += String(bytes)))
    ended = new Promise((resolve) => npm.once('close', resolve))
    forget = atExit(killGroup)
    await until(() => npm.exitCode !== null || printed.includes('Ctrl-C'), readyMsMax)
  })
  afterAll(async () => {
    forget?.()
    killGroup()
    await ended
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  function signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-(npm.pid ?? 0), signal)
    } catch {
      // It has ended by itself.
    }
  }
  function killGroup(): void {
    signalGroup('SIGKILL')
  }

  /** A line of the terminal, run as it stands there. */
  async function shell(line: string): Promise<string> {
    const child = spawn('sh', ['-c', line], { cwd: checkout, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output += String(bytes)))
    await new Promise((resolve) => child.once('close', resolve))
    return output
  }
  const lineWith = (text: string) =>
    printed
      .split('\n')
      .find((line) => line.includes(text))
      ?.trim() ?? 'false'
  const asked = async () => JSON.parse(await shell(lineWith('curl'))).choices[0].message.content
  const pidOf = (file: string) => readFileSync(join(folder, 'data', file), 'utf8').trim()

  test('prints what a person needs, and the curl line answers', async () => {
    expect(printed).toMatch(/Endpoint +http[\s\S]*Console +http[\s\S]*Key +hg_[\s\S]*Break it[\s\S]*Ctrl-C/)
    expect(await asked()).toBe('You said: Hello, Headgate!')
  })

  test('status shows five nodes that agree', async () => {
    const status = async () => JSON.parse(await shell(`${lineWith('-- status').replace('--', '--silent --')} --json`))
    await expect.poll(async () => (await status()).nodes.length, settled).toBe(5)
    const { nodes } = await status()
    expect(nodes.map(({ name }: { name: string }) => name)).toEqual([
      ...['aggregator-1', 'aggregator-2', 'control-1', 'proxy-1', 'proxy-2'],
    ])
    expect(nodes.every(({ agrees }: { agrees: boolean }) => agrees)).toBe(true)
  })

  test.each([
    ['proxy-1', 'proxy-1/lock.pid'],
    ['aggregator-1', 'aggregator-1/lock.pid'],
    ['control-1', 'control-1/lock.pid'],
    ['nats-1', 'nats-1/pid'],
  ])('%s is killed as it says, requests go on, and it is started again', async (name, pidFile) => {
    const before = pidOf(pidFile)
    await shell(lineWith(`/${pidFile})`))
    expect(await asked()).toBe('You said: Hello, Headgate!')
    await expect.poll(() => pidOf(pidFile), settled).not.toBe(before)
    const pauses = [...printed.matchAll(new RegExp(`${name} ended .* started again in (\\d+) ms`, 'g'))]
    expect(pauses.map(([, ms]) => Number(ms) < 1_000)).toEqual([true])
  })

  test('with all of NATS standing still requests go on', async () => {
    await shell(lineWith('kill -STOP'))
    try {
      for (let i = 0; i < 10; i++) expect(await asked()).toBe('You said: Hello, Headgate!')
    } finally {
      await shell(lineWith('kill -CONT'))
    }
  })

  test('Ctrl-C ends all of it', async () => {
    const pids = ['proxy-1/lock.pid', 'aggregator-2/lock.pid', 'control-1/lock.pid', 'nats-2/pid'].map(pidOf)
    signalGroup('SIGINT')
    await ended
    const running = pids.filter((pid) => isRunning(Number(pid)))
    expect(running).toEqual([])
  })
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
