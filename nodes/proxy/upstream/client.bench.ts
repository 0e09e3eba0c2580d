// CPU per request of the gateway's own client and of undici's dispatch, against nginx on this machine, a few seconds in all:
//   node --import ./scripts/strip-types.mjs nodes/proxy/upstream/client.bench.ts [seconds per round]
// Rounds alternate between the two, and the figure that counts is the ratio: the microseconds describe the machine.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../shared/clock.ts'
import { freePort } from '../../../shared/free-ports.ts'
import { Http1Client } from './http1-client.ts'
import { UndiciUpstream } from './undici-upstream.ts'
import type { Upstream, UpstreamHandler, UpstreamOrigin, UpstreamRequest } from './upstream.ts'

const roundMs = Number(process.argv[2] ?? 0.5) * 1_000
const rounds = 5
const concurrency = 32

interface Scenario {
  name: string
  request: Omit<UpstreamRequest, 'origin'>
}

const headerLines =
  'authorization: Bearer sk-0123456789abcdef0123456789abcdef\r\ncontent-type: application/json\r\naccept: */*\r\n'
const scenarios: Scenario[] = [
  { name: '300 B request, 300 B answer', request: requestOf('/small', 300) },
  { name: '32 KiB request, 300 B answer', request: requestOf('/small', 32 << 10) },
  { name: '300 B request, 32 KiB answer', request: requestOf('/large', 300) },
]

function requestOf(path: string, bytes: number): Omit<UpstreamRequest, 'origin'> {
  return { method: 'POST', path, headerLines, body: [Buffer.alloc(bytes, 'x')], connectTimeoutMs: 2_000 }
}

/** CPU µs per request of this process. */
async function measure(upstream: Upstream, request: UpstreamRequest): Promise<number> {
  let answered = 0
  let open = 0
  let running = true
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const next = (): void => {
    open++
    const handler: UpstreamHandler = {
      onBodySent() {},
      onHead(head) {
        if (head.status !== 200 || head.header('content-type') === undefined) reject(new Error(`status ${head.status}`))
      },
      onData() {},
      onEnd() {
        answered++
        open--
        if (running) next()
        else if (open === 0) resolve()
      },
      onError: (error) => reject(new Error(error.message)),
    }
    upstream.send(request, handler)
  }
  const before = process.cpuUsage()
  for (let i = 0; i < concurrency; i++) next()
  await Promise.race([sleep(roundMs), promise])
  running = false
  await promise
  const { user, system } = process.cpuUsage(before)
  return (user + system) / answered
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}

async function withNginx(run: (origin: UpstreamOrigin) => Promise<void>): Promise<void> {
  const port = await freePort(Math.random)
  const folder = mkdtempSync(join(tmpdir(), 'headgate-bench-'))
  writeFileSync(join(folder, 'large'), 'x'.repeat(32 << 10))
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 1; error_log stderr crit; pid ${folder}/pid;
    events { worker_connections 1024; }
    http { access_log off; keepalive_requests 100000000; client_body_temp_path ${folder}; client_body_buffer_size 128k;
      error_page 405 =200 $uri;
      server { listen 127.0.0.1:${port}; root ${folder}; default_type application/json;
        location = /small { return 200 '${'y'.repeat(300)}'; } } }`,
  )
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'inherit' })
  try {
    await sleep(300)
    const host = `127.0.0.1:${port}`
    await run({ key: `http://${host}`, protocol: 'http:', hostname: '127.0.0.1', port, host })
  } finally {
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

if (spawnSync('nginx', ['-v']).error !== undefined) {
  process.stderr.write('nginx is not installed: nothing to measure against\n')
  process.exit(1)
}

await withNginx(async (origin) => {
  for (const { name, request } of scenarios) {
    const own = new Http1Client({ clock: systemClock })
    const undici = new UndiciUpstream({ clock: systemClock, proxyOf: () => undefined })
    await measure(own, { ...request, origin })
    await measure(undici, { ...request, origin })
    const ownUs: number[] = []
    const undiciUs: number[] = []
    for (let round = 0; round < rounds; round++) {
      ownUs.push(await measure(own, { ...request, origin }))
      undiciUs.push(await measure(undici, { ...request, origin }))
    }
    const ratio = median(undiciUs.map((us, round) => us / ownUs[round]!))
    const line = `own ${median(ownUs).toFixed(1)} µs, undici ${median(undiciUs).toFixed(1)} µs, ratio ${ratio.toFixed(2)}`
    process.stdout.write(`${name}: ${line}\n`)
    own.close()
    undici.close()
  }
})
process.exit()
