// Ours, as an operator starts it: every role in one process, the real log, ledger and aggregator, a key from the admin
// API. Nothing is switched off for the measurement.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../shared/free-ports.ts'
import type { Target } from '../load/jobs.ts'
import type { Work } from '../scenarios/work.ts'
import { startChildGroup } from './child-group.ts'
import { callerPath, chatPath, chatTarget, mockBaseUrl, type Subject, type SubjectOptions } from './subject.ts'

export interface Headgate extends Subject {
  /** A request that is refused: without a known key, or for a model that its key does not allow. */
  rejectedTarget(work: Work, reason: '401' | '403'): Target
  usage(): Promise<UsageTotals>
}

export interface UsageTotals {
  requests: number
  inputTokens: number
  outputTokens: number
}

export const adminToken = 'benchmark-admin-token-0123456789abcdef'

export async function startHeadgate(options: SubjectOptions): Promise<Headgate> {
  const [port, controlPort] = [await freePort(Math.random), await freePort(Math.random)]
  const folder = join(options.folder, 'headgate')
  mkdirSync(folder)
  const configFile = join(folder, 'headgate.yaml')
  writeFileSync(configFile, JSON.stringify(configOf(options)))
  const child = startChildGroup({
    command: process.execPath,
    args: ['--import', './scripts/strip-types.mjs', 'nodes/headgate.ts', 'start'],
    logFile: join(folder, 'headgate.log'),
    environment: {
      HEADGATE_PORT: `${port}`,
      HEADGATE_CONTROL_PORT: `${controlPort}`,
      HEADGATE_DATA_DIR: join(folder, 'data'),
      HEADGATE_CONFIG: configFile,
      HEADGATE_ADMIN_TOKEN: adminToken,
      // All load comes with one key.
      HEADGATE_KEY_OPEN_MAX: '1000000',
    },
    folder: options.root,
  })
  await child.waitUntil(() => isOk(`http://127.0.0.1:${port}/readyz`))
  const admin = `http://127.0.0.1:${controlPort}/api/v1`
  const key = await issueKey(admin, { name: 'benchmark' })
  const narrowKey = await issueKey(admin, { name: 'benchmark-narrow', models: ['no-such-work'] })
  return {
    name: 'headgate',
    group: child.group,
    target: (work) => chatTarget(port, callerPath(work), work, { authorization: `Bearer ${key}` }),
    rejectedTarget(work, reason) {
      const authorization = `Bearer ${reason === '401' ? `${key.slice(0, -4)}0000` : narrowKey}`
      return chatTarget(port, chatPath, work, { authorization })
    },
    usage: () => readUsage(admin),
    stop: () => child.stop(),
  }
}

/** A provider for each work, because its base URL carries the directives, and a model of the same name. */
export function configOf({ mock, works }: Pick<SubjectOptions, 'mock' | 'works'>) {
  const price = { inputPerMTok: 0.15, outputPerMTok: 0.6 }
  const providers = works.map((work) => [work.name, providerOf(work)])
  const models = works.map(({ name }) => [name, { targets: [{ provider: name, model: 'gpt-x', price }] }])
  const unused = ['no-such-work', { targets: [{ provider: works[0]?.name, model: 'gpt-x' }] }]
  return { providers: Object.fromEntries(providers), models: Object.fromEntries([...models, unused]) }

  function providerOf(work: Work) {
    const tls = work.tls && mock.authority !== undefined ? { tls: { ca: mock.authority.pem } } : {}
    const credentials = [{ name: 'main', apiKey: 'sk-mock' }]
    return { kind: work.upstream, baseUrl: mockBaseUrl(mock, work), credentials, ...tls }
  }
}

export async function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  )
}

export async function issueKey(admin: string, spec: object): Promise<string> {
  const answer = await askAdmin<{ secret: string }>(`${admin}/keys`, { method: 'POST', body: JSON.stringify(spec) })
  return answer.secret
}

async function readUsage(admin: string): Promise<UsageTotals> {
  const { rows } = await askAdmin<{ rows: UsageTotals[] }>(`${admin}/usage?groupBy=model`, { method: 'GET' })
  const total = (field: keyof UsageTotals) => rows.reduce((sum, row) => sum + row[field], 0)
  return { requests: total('requests'), inputTokens: total('inputTokens'), outputTokens: total('outputTokens') }
}

async function askAdmin<Answer>(url: string, init: RequestInit): Promise<Answer> {
  const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' }
  const response = await fetch(url, { ...init, headers })
  if (!response.ok)
    throw new Error(`${init.method} ${new URL(url).pathname}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Answer
}
