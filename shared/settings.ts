// The environment, read once at start. A refusal names the variable and what it should be; the values of secrets are
// never part of a message.

import { bounds } from './bounds.ts'
import { parseKey32, parseKeys32 } from './key32.ts'
import { parseNatsServers } from './nats-servers.ts'
import { isLoopback, isOrigin } from './network/host-names.ts'
import { done, fail, type Result } from './result.ts'
import { secretWeakness } from './secret-strength.ts'
import { fileProblem } from './text-file.ts'
import { daysFrom, parseBytes, parseDurationMs } from './units.ts'
import { isServiceAddress, judgeVariables, type SettingName } from './variable-names.ts'

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
  bodyBytesMax: number
  /** The processes that parse and print large bodies, and the memory of each; undefined depends on the machine. */
  bodyProcesses: number
  bodyProcessBytes: number | undefined
  /** Open requests of one key; undefined means a part of what the process can carry. */
  keyOpenMax: number | undefined
  /** Users named by callers that have sums of their own: for each key in a day. */
  keyUsersMax: number
  /** How long money events are kept. */
  ledgerDays: number
  /** All that this process may use; undefined: what the control group or the machine has. */
  memoryBytesMax: number | undefined
  /** Memory for all request bodies; undefined: a part of the whole. */
  bodyMemoryBytesMax: number | undefined
  drainMs: number
  demo: boolean | undefined
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

export interface SettingProblem {
  name: string
  message: string
}

const yearMs = 365 * 86_400_000

type Environment = Readonly<Record<string, string | undefined>>

/** `readFile` serves `NAME_FILE` variables. */
export function parseSettings(
  environment: Environment,
  readFile: (path: string) => string,
): Result<Settings, SettingProblem[]> {
  const read = new Reader(environment, readFile)
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
    nodeName: read.text('HEADGATE_NODE_NAME'),
    region: read.text('HEADGATE_REGION') ?? 'local',
    hosts: read.list('HEADGATE_HOSTS'),
    trustedProxies: read.list('HEADGATE_TRUSTED_PROXIES'),
    corsOrigins: readOrigins(read),
    egressStrict: read.oneOf('HEADGATE_EGRESS', ['open', 'strict']) === 'strict',
    bodyBytesMax: read.parsed('HEADGATE_BODY_MAX', parseBytes, 'a size such as 64MiB') ?? 64 << 20,
    bodyProcesses: read.count('HEADGATE_BODY_PROCESSES') ?? 2,
    bodyProcessBytes: read.parsed('HEADGATE_BODY_PROCESS_MEMORY', atLeast(64 << 20), 'a size of at least 64MiB'),
    keyOpenMax: read.count('HEADGATE_KEY_OPEN_MAX'),
    keyUsersMax: read.count('HEADGATE_KEY_USERS_MAX') ?? 1_000,
    ledgerDays: read.parsed('HEADGATE_LEDGER_RETENTION', daysFrom(35), 'whole days, 35d at least,') ?? bounds.ledgerDays,
    memoryBytesMax: read.parsed('HEADGATE_MEMORY_MAX', atLeast(256 << 20), 'a size of at least 256MiB'),
    bodyMemoryBytesMax: read.parsed('HEADGATE_BODY_MEMORY_MAX', atLeast(4 << 20), 'a size of at least 4MiB'),
    drainMs: read.parsed('HEADGATE_DRAIN', parseDurationMs, 'a duration such as 300s') ?? 300_000,
    demo: onOff(read.oneOf('HEADGATE_DEMO', ['on', 'off'])),
    logLevel: read.oneOf('HEADGATE_LOG_LEVEL', ['debug', 'info', 'warn', 'error']) ?? 'info',
  }
  const keyIsWrong = read.problems.some(({ name }) => name.startsWith('HEADGATE_MASTER_KEY'))
  if (settings.nats !== undefined && settings.masterKey === undefined && !keyIsWrong) {
    read.problem('HEADGATE_MASTER_KEY', 'is needed with HEADGATE_NATS_URL: all nodes of a cluster share one')
  }
  return read.problems.length === 0 ? done(settings) : fail(read.problems)
}

function readTls(read: Reader): TlsSettings | undefined {
  const certFile = read.fileName('HEADGATE_TLS_CERT')
  const keyFile = read.fileName('HEADGATE_TLS_KEY')
  const hstsMs = read.parsed('HEADGATE_HSTS', parseDurationMs, 'a duration such as 365d, or 0s for none') ?? yearMs
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile, hstsMs }
  if (certFile !== undefined || keyFile !== undefined) {
    read.problem('HEADGATE_TLS_CERT', 'needs HEADGATE_TLS_KEY beside it, and the other way round')
  }
  return undefined
}

function readNats(read: Reader): NatsSettings | undefined {
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

function readOrigins(read: Reader): string[] | undefined {
  const origins = read.list('HEADGATE_CORS_ORIGINS')
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin))
  if (wrong !== undefined) {
    read.problem('HEADGATE_CORS_ORIGINS', `${wrong} is no origin: expected scheme://host[:port] without a path, or *`)
  }
  return origins.length === 0 ? undefined : origins
}

function atLeast(bytesMin: number): (text: string) => number | undefined {
  return (text) => {
    const bytes = parseBytes(text)
    return bytes === undefined || bytes < bytesMin ? undefined : bytes
  }
}

class Reader {
  readonly problems: SettingProblem[] = []
  readonly #environment: Environment
  readonly #readFile: (path: string) => string

  constructor(environment: Environment, readFile: (path: string) => string) {
    this.#environment = environment
    this.#readFile = readFile
  }

  problem(name: string, message: string): void {
    this.problems.push({ name, message })
  }

  text(name: SettingName): string | undefined {
    const direct = this.#environment[name]
    if (direct !== undefined && direct !== '') return direct
    const file = this.#environment[`${name}_FILE`]
    if (file === undefined || file === '') return undefined
    try {
      return this.#readFile(file).trim()
    } catch (error) {
      this.problem(`${name}_FILE`, `cannot read ${file}: ${fileProblem(error)}`)
      return undefined
    }
  }

  /** The name of a file; `NAME_FILE` says the same. */
  fileName(name: SettingName): string | undefined {
    return this.#environment[name] || this.#environment[`${name}_FILE`] || undefined
  }

  /** A file to be read later. */
  path(name: SettingName): string | undefined {
    const direct = this.#environment[name]
    const path = this.fileName(name)
    if (path === undefined) return undefined
    try {
      this.#readFile(path)
    } catch {
      // Whoever puts a credential itself here must not find it in a log.
      this.problem(direct ? name : `${name}_FILE`, 'names a file that cannot be read')
    }
    return path
  }

  parsed<Value>(name: SettingName, parse: (text: string) => Value | undefined, expected: string): Value | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined) this.problem(name, `expected ${expected}`)
    return value
  }

  count(name: SettingName): number | undefined {
    return this.parsed(
      name,
      (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined),
      'a whole number from 1',
    )
  }

  port(name: SettingName): number | undefined {
    if (isServiceAddress(this.#environment[name])) {
      const advice = 'set enableServiceLinks: false in the pod, or give the Service another name'
      this.problem(name, `holds an address that Kubernetes sets for a Service of this name: ${advice}`)
      return undefined
    }
    return this.parsed(
      name,
      (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
      'a port number from 0 to 65535',
    )
  }

  oneOf<Word extends string>(name: SettingName, words: readonly Word[]): Word | undefined {
    return this.parsed(name, (text) => words.find((word) => word === text), words.join(' or '))
  }

  list(name: SettingName): string[] {
    return (this.text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** `without` says what unsetting it means. */
  token(name: SettingName, without: string): string | undefined {
    // Set but blank is a mistake, not an absence: an empty secret that counts as one lets anybody in.
    if (this.#environment[name] !== undefined && this.#environment[name]?.trim() === '') {
      this.problem(name, `is blank; unset it to ${without}, or give at least 16 characters`)
      return undefined
    }
    const token = this.text(name)
    const weakness = token === undefined ? undefined : secretWeakness(token)
    if (weakness !== undefined) this.problem(name, weakness)
    return token
  }

  key32(name: SettingName): Uint8Array | undefined {
    return this.parsed(name, parseKey32, '32 bytes in base64')
  }

  keys32(name: SettingName): Uint8Array[] {
    return this.parsed(name, parseKeys32, 'keys of 32 bytes in base64, separated by commas') ?? []
  }
}

function onOff(word: 'on' | 'off' | undefined): boolean | undefined {
  return word === undefined ? undefined : word === 'on'
}
