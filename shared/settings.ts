// The environment, read once at start. A refusal names the variable and what it should be; the values of secrets are
// never part of a message.

import { bounds } from './bounds.ts'
import { type UnpricedPolicy, unpricedPolicies } from './models/unpriced-policy.ts'
import { parseNatsServers } from './nats-servers.ts'
import { isHostName, isLoopback } from './network/host-names.ts'
import { parseNetwork } from './network/networks.ts'
import { done, fail, type Result } from './result.ts'
import { type ItemForm, type SettingProblem, SettingsReader } from './settings-reader.ts'
import { daysFrom, parseBytes, parseDurationMs } from './units.ts'
import { judgeVariables } from './variable-names.ts'

export interface Settings {
  host: string
  port: number
  controlPort: number
  /** The port of health and metrics; undefined opens none. */
  opsPort: number | undefined
  plaintextAllowed: boolean
  tls: TlsSettings | undefined
  dataDir: string
  /** The named configuration file; undefined means `./headgate.yaml`, if it exists. */
  configFile: string | undefined
  adminToken: string | undefined
  /** The token that `/metrics` asks for; undefined asks for none. */
  metricsToken: string | undefined
  /** The cluster's servers; undefined embeds everything in this process. */
  nats: NatsSettings | undefined
  masterKey: Uint8Array | undefined
  /** Keys that are accepted beside `masterKey` while it is being replaced. */
  previousMasterKeys: Uint8Array[]
  nodeName: string | undefined
  region: string
  hosts: string[]
  trustedProxies: string[]
  /** Origins whose scripts may read answers of the data port; `*` is any. Undefined: none. */
  corsOrigins: string[] | undefined
  egressStrict: boolean
  /** What is done with requests whose cost cannot be known. */
  unpriced: UnpricedPolicy
  bodyBytesMax: number
  /** The processes that parse and print large bodies, and the memory of each; undefined depends on the machine. */
  bodyProcesses: number
  bodyProcessBytes: number | undefined
  /** Open requests of one key; undefined means a part of what the process can carry. */
  keyOpenMax: number | undefined
  /** Requests that may wait for one model at one provider. */
  queueMax: number
  /** Users named by callers that have sums of their own: for each key in a day. */
  keyUsersMax: number
  /** Proxies that share limits, and counts of limits that are kept. */
  limitNodesMax: number
  limitCountsMax: number
  /** How long an idempotency key holds; 0: keys are not looked at. */
  idempotencyMs: number
  /** How long money events are kept. */
  ledgerDays: number
  /** All that this process may use; undefined: what the control group or the machine has. */
  memoryBytesMax: number | undefined
  /** Memory for all request bodies; undefined: a part of the whole. */
  bodyMemoryBytesMax: number | undefined
  drainMs: number
  demo: boolean | undefined
  /** Whether attempts are journaled before they are sent; `strict`: and wait until that is on the disk. */
  intents: 'off' | 'on' | 'strict'
  /** Time between two looks at a batch that is not settled yet. */
  batchPollMs: number
  logLevel: 'debug' | 'info' | 'warn' | 'error'
}

export interface TlsSettings {
  certFile: string
  keyFile: string
  /** How long browsers remember to use nothing but TLS; 0 tells them nothing. */
  hstsMs: number
}

export interface NatsSettings {
  /** The only servers that are used; others that they announce are not. */
  servers: string[]
  /** The file of the credential. It is read for each connection, so that a new one needs no restart. */
  credsFile: string | undefined
  caFile: string | undefined
  /** True during an upgrade from a version whose messages have no MAC. */
  acceptsUnsigned: boolean
}

const dayMs = 86_400_000
const yearMs = 365 * dayMs

/** `readFile` serves `NAME_FILE` variables. */
export function parseSettings(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string,
): Result<Settings, SettingProblem[]> {
  const read = new SettingsReader(environment, readFile)
  for (const { name, meant } of judgeVariables(environment).mistyped) {
    read.problem(name, `is not a variable of Headgate; did you mean ${meant}?`)
  }
  const host = read.text('HEADGATE_HOST') ?? '127.0.0.1'
  const tls = readTls(read)
  const plaintextAllowed = read.oneOf('HEADGATE_PLAINTEXT', ['allow']) === 'allow'
  if (!isLoopback(host) && tls === undefined && !plaintextAllowed) {
    read.problem(
      'HEADGATE_HOST',
      `${host} is not loopback: set HEADGATE_TLS_CERT and _KEY, or HEADGATE_PLAINTEXT=allow behind a TLS load balancer`,
    )
  }
  const settings: Settings = {
    host,
    tls,
    plaintextAllowed,
    port: read.port('HEADGATE_PORT') ?? 8080,
    controlPort: read.port('HEADGATE_CONTROL_PORT') ?? 8090,
    opsPort: read.port('HEADGATE_OPS_PORT'),
    dataDir: read.text('HEADGATE_DATA_DIR') ?? './data',
    configFile: read.fileName('HEADGATE_CONFIG'),
    adminToken: read.token('HEADGATE_ADMIN_TOKEN', 'have one made'),
    metricsToken: read.token('HEADGATE_METRICS_TOKEN', 'ask for none'),
    nats: readNats(read),
    masterKey: read.key32('HEADGATE_MASTER_KEY'),
    previousMasterKeys: read.keys32('HEADGATE_MASTER_KEY_PREVIOUS'),
    nodeName: read.label('HEADGATE_NODE_NAME'),
    region: read.label('HEADGATE_REGION') ?? 'local',
    hosts: read.listOf('HEADGATE_HOSTS', hostForm),
    trustedProxies: read.listOf('HEADGATE_TRUSTED_PROXIES', networkForm),
    corsOrigins: readOrigins(read),
    egressStrict: read.oneOf('HEADGATE_EGRESS', ['open', 'strict']) === 'strict',
    unpriced: read.oneOf('HEADGATE_UNPRICED', unpricedPolicies) ?? 'allow-and-flag',
    bodyBytesMax:
      read.parsed('HEADGATE_BODY_MAX', atLeast(1 << 10), 'a size of at least 1KiB, such as 64MiB') ?? 64 << 20,
    bodyProcesses: read.count('HEADGATE_BODY_PROCESSES') ?? 2,
    bodyProcessBytes: read.parsed('HEADGATE_BODY_PROCESS_MEMORY', atLeast(64 << 20), 'a size of at least 64MiB'),
    keyOpenMax: read.count('HEADGATE_KEY_OPEN_MAX'),
    queueMax: read.count('HEADGATE_QUEUE_MAX') ?? 1_000,
    keyUsersMax: read.count('HEADGATE_KEY_USERS_MAX') ?? 1_000,
    limitNodesMax: read.count('HEADGATE_LIMIT_NODES_MAX') ?? 1_024,
    limitCountsMax: read.count('HEADGATE_LIMIT_COUNTS_MAX') ?? 1_000_000,
    idempotencyMs:
      read.parsed('HEADGATE_IDEMPOTENCY', idempotencyWindow, 'a duration up to 30d, or 0s for none') ?? dayMs,
    ledgerDays:
      read.parsed('HEADGATE_LEDGER_RETENTION', daysFrom(35), 'whole days, 35d at least,') ?? bounds.ledgerDays,
    memoryBytesMax: read.parsed('HEADGATE_MEMORY_MAX', atLeast(256 << 20), 'a size of at least 256MiB'),
    bodyMemoryBytesMax: read.parsed('HEADGATE_BODY_MEMORY_MAX', atLeast(4 << 20), 'a size of at least 4MiB'),
    drainMs: read.parsed('HEADGATE_DRAIN', parseDurationMs, 'a duration such as 300s') ?? 300_000,
    intents: read.oneOf('HEADGATE_INTENTS', ['off', 'on', 'strict']) ?? 'on',
    batchPollMs: read.parsed('HEADGATE_BATCH_POLL', pollMsOf, 'a duration from 1s to 1h') ?? 60_000,
    demo: onOff(read.oneOf('HEADGATE_DEMO', ['on', 'off'])),
    logLevel: read.oneOf('HEADGATE_LOG_LEVEL', ['debug', 'info', 'warn', 'error']) ?? 'info',
  }
  judgeMetricsToken(read, settings)
  judgeMasterKey(read, settings)
  return read.problems.length === 0 ? done(settings) : fail(read.problems)
}

function judgeMetricsToken(read: SettingsReader, { adminToken, metricsToken }: Settings): void {
  if (metricsToken === undefined || metricsToken !== adminToken) return
  read.problem('HEADGATE_METRICS_TOKEN', 'is the admin token: whoever reads metrics could change everything')
}

/** The processes of a cluster have one key, which none of them can make. */
function judgeMasterKey(read: SettingsReader, settings: Settings): void {
  const keyIsWrong = read.problems.some(({ name }) => name.startsWith('HEADGATE_MASTER_KEY'))
  if (settings.nats !== undefined && settings.masterKey === undefined && !keyIsWrong) {
    read.problem('HEADGATE_MASTER_KEY', 'is needed with HEADGATE_NATS_URL: all nodes of a cluster share one')
  }
}

function readTls(read: SettingsReader): TlsSettings | undefined {
  const certFile = read.fileName('HEADGATE_TLS_CERT')
  const keyFile = read.fileName('HEADGATE_TLS_KEY')
  const hstsMs = read.parsed('HEADGATE_HSTS', parseDurationMs, 'a duration such as 365d, or 0s for none') ?? yearMs
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, hstsMs }
  if (certFile !== undefined || keyFile !== undefined) {
    read.problem('HEADGATE_TLS_CERT', 'needs HEADGATE_TLS_KEY beside it, and the other way round')
  }
  return undefined
}

function readNats(read: SettingsReader): NatsSettings | undefined {
  const servers = read.list('HEADGATE_NATS_URL')
  const credsFile = read.path('HEADGATE_NATS_CREDS')
  const caFile = read.path('HEADGATE_NATS_CA')
  const unsigned = read.oneOf('HEADGATE_NATS_UNSIGNED', ['refuse', 'accept'])
  if (servers.length === 0) {
    const others = { HEADGATE_NATS_CREDS: credsFile, HEADGATE_NATS_CA: caFile, HEADGATE_NATS_UNSIGNED: unsigned }
    for (const [name, value] of Object.entries(others)) {
      if (value !== undefined) read.problem(name, 'needs HEADGATE_NATS_URL beside it')
    }
    return undefined
  }
  const parsed = parseNatsServers(servers, { hasCredentials: credsFile !== undefined })
  if (!parsed.ok) read.problem('HEADGATE_NATS_URL', parsed.error)
  return { servers, credsFile, caFile, acceptsUnsigned: unsigned === 'accept' }
}

function readOrigins(read: SettingsReader): string[] | undefined {
  const origins = read.listOf('HEADGATE_CORS_ORIGINS', originForm)
  return origins.length === 0 ? undefined : origins
}

function pollMsOf(text: string): number | undefined {
  const ms = parseDurationMs(text)
  return ms !== undefined && ms >= 1_000 && ms <= 3_600_000 ? ms : undefined
}

/** Whether this is an origin as browsers write it: lower case, no path, and no port that the scheme implies. */
function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.host === '') return false
  return `${url.protocol}//${url.host}` === text
}

const originForm: ItemForm = {
  what: 'origin',
  expected: 'scheme://host[:port] without a path, or *',
  isOne: (text) => text === '*' || isOrigin(text),
}

const hostForm: ItemForm = {
  what: 'host name',
  expected: 'a name without scheme and port, or *',
  isOne: (text) => text === '*' || isHostName(text),
}

const networkForm: ItemForm = {
  what: 'address',
  expected: 'one such as 10.0.0.5, or a network such as 10.0.0.0/8',
  isOne: (text) => parseNetwork(text) !== undefined,
}

function atLeast(bytesMin: number): (text: string) => number | undefined {
  return (text) => {
    const bytes = parseBytes(text)
    return bytes === undefined || bytes < bytesMin ? undefined : bytes
  }
}

/** The store keeps nothing for longer. */
function idempotencyWindow(text: string): number | undefined {
  const ms = parseDurationMs(text)
  return ms === undefined || ms > bounds.stateDays * dayMs ? undefined : ms
}

function onOff(word: 'on' | 'off' | undefined): boolean | undefined {
  return word === undefined ? undefined : word === 'on'
}
