// A full disk, as operators meet it: every port of the process says so, and a start on it works.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { freePort } from '../shared/free-ports.ts'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { startNodeProcess } from './node-process.ts'
import { until } from './until.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-full-disk-'))
const isMounted = mount()
let gateway: Gateway | undefined
afterAll(async () => {
  await gateway?.kill()
  if (isMounted) execFileSync('umount', ['-l', folder])
  rmSync(folder, { recursive: true, force: true })
})

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Takes what room there is. */
function fill(): void {
  const file = openSync(join(folder, 'fill'), 'a')
  for (const size of [65_536, 512]) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size))
    } catch {
      // No more pieces of this size.
    }
  }
  closeSync(file)
}

interface Verdict {
  status: string
  reasons: string[]
}

const verdictAt = async (origin: string) => (await ask(`${origin}/readyz?verbose`, 'GET')).json as Verdict
const isDegraded = async (origin: string) => (await verdictAt(origin)).status === 'degraded'

test('a full disk is degraded on every port, in /nodes and in status, and a start on it works', async (context) => {
  if (!isMounted) context.skip('mounting a small file system needs root')
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir, { mode: 0o700 })
  const opsPort = await freePort(Math.random)
  const environment = { HEADGATE_OPS_PORT: `${opsPort}` }
  const started = await startGateway({ dataDir, environment })
  gateway = started
  const ports = [started.base, started.control, `http://127.0.0.1:${opsPort}`]
  const key = await started.issueKey()
  for (const port of ports) expect(await verdictAt(port)).toEqual({ status: 'ok', reasons: [] })
  fill()
  const request = () =>
    ask(`${started.base}/v1/chat/completions`, 'POST', hello, { authorization: `Bearer ${key.secret}` })
  await until(
    async () => (await request()).status === 200 && (await Promise.all(ports.map(isDegraded))).every(Boolean),
    20_000,
  )
  const reasonsAt = async (port: string) => (await verdictAt(port)).reasons.map(withoutTime).sort()
  const nodeTroubles = async () => (await started.admin('GET', '/nodes')).json.nodes[0].troubles.toSorted() as string[]
  await expect
    .poll(() => reasonsAt(started.control))
    .toEqual([
      expect.stringMatching(/^the disk of the data folder/),
      expect.stringMatching(/^usage cannot be committed/),
      expect.stringMatching(/^usage records wait in memory/),
    ])
  const reasons = await reasonsAt(started.control)
  for (const port of ports) await expect.poll(() => reasonsAt(port)).toEqual(reasons)
  await expect.poll(nodeTroubles).toEqual(reasons)
  const status = startNodeProcess({ words: ['status'], environment: { HEADGATE_DATA_DIR: dataDir } })
  await status.ended
  expect(status.output()).toContain('the disk of the data folder is full')
  // Whoever reads the log alone learns of it too.
  await until(() => /"event":"trouble","reason":"the disk of the data folder is full/.test(started.output()), 10_000)

  for (let i = 0; i < 2; i++) {
    await gateway.kill()
    fill()
    const doctor = startNodeProcess({ words: ['doctor'], environment: { HEADGATE_DATA_DIR: dataDir } })
    await doctor.ended
    expect(doctor.output()).toMatch(/error +data folder: the disk of .+ is full/)
    gateway = await startGateway({ dataDir, environment })
    const next = gateway
    await until(() => isDegraded(next.control), 20_000)
    const answer = await ask(`${next.base}/v1/chat/completions`, 'POST', hello, {
      authorization: `Bearer ${key.secret}`,
    })
    expect(answer.status).toBe(200)
  }
  rmSync(join(folder, 'fill'))
  const last = gateway
  await until(async () => (await last.admin('PUT', '/teams/after', {})).status === 200, 20_000)
}, 180_000)

const hello = { model: 'demo/echo', messages: [{ role: 'user', content: 'hello' }] }
const withoutTime = (reason: string) => reason.replace(/ \(since .*\)$/, '')
