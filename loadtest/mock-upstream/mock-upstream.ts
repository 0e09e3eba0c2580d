// A deterministic OpenAI-shaped upstream in a process of its own, for benchmarks and for tests of every room: what it
// answers is fixed to the byte, what goes wrong is chosen by directives (`directives.ts`), what happened is in its ledger.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { scriptArguments, withManyDescriptors } from '../child-arguments.ts'
import { type Certificates, makeCertificates } from './certificates.ts'
import type { Ledger, RecordedRequest } from './ledger.ts'
import type { ServerOptions } from './server.ts'

export interface MockUpstreamOptions {
  /** Whether to listen with TLS too, under a temporary certificate authority made by openssl. */
  tls?: boolean
  /** How many of the latest requests `requests()` gives back. Default 0: bodies are not looked at. */
  recordedMax?: number
}

export interface MockUpstream {
  /** Origins without a trailing slash: append `/v1`, or `/do/<directives>/v1`. */
  readonly url: string
  readonly tlsUrl: string | undefined
  /** PEM text and path of the authority that signed the TLS certificate. */
  readonly authority: { pem: string; file: string } | undefined
  readonly pid: number
  ledger(): Promise<Ledger>
  requests(): Promise<RecordedRequest[]>
  reset(): Promise<void>
  /** Ends the silence of all streams that `hold-N` silenced. */
  release(): Promise<void>
  stop(): Promise<void>
}

export async function startMockUpstream(options: MockUpstreamOptions = {}): Promise<MockUpstream> {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-mock-'))
  const certificates = options.tls === true ? makeCertificates(folder) : undefined
  const child = spawnServer({ recordedMax: options.recordedMax ?? 0, ...(certificates ? { tls: certificates } : {}) })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const { port, tlsPort } = await readPorts(child)
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    tlsUrl: tlsPort === undefined ? undefined : `https://127.0.0.1:${tlsPort}`,
    authority: certificates && readAuthority(certificates),
    pid: child.pid ?? 0,
    ledger: () => ask<Ledger>('GET', `${url}/mock/ledger`),
    requests: () => ask<RecordedRequest[]>('GET', `${url}/mock/requests`),
    reset: () => ask<void>('POST', `${url}/mock/reset`),
    release: () => ask<void>('POST', `${url}/mock/release`),
    async stop() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function spawnServer(options: ServerOptions) {
  const args = [...scriptArguments(new URL('./server.ts', import.meta.url)), JSON.stringify(options)]
  return spawn('sh', ['-c', withManyDescriptors, process.execPath, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

async function readPorts(child: ReturnType<typeof spawnServer>): Promise<{ port: number; tlsPort?: number }> {
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error('the mock upstream ended before it listened')
}

function readAuthority({ authorityFile }: Certificates) {
  return { pem: readFileSync(authorityFile, 'utf8'), file: authorityFile }
}

async function ask<Answer>(method: string, url: string): Promise<Answer> {
  const response = await fetch(url, { method })
  return (await response.json()) as Answer
}
