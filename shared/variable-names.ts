// The names of the environment. A variable with a name that is almost one of them is a mistake: it would be ignored while somebody
// relies on it.
import { nearest } from './config/nearest.ts'

export const settingNames = [
  'HEADGATE_HOST',
  'HEADGATE_PORT',
  'HEADGATE_CONTROL_PORT',
  'HEADGATE_CORS_ORIGINS',
  'HEADGATE_OPS_PORT',
  'HEADGATE_PLAINTEXT',
  'HEADGATE_TLS_CERT',
  'HEADGATE_TLS_KEY',
  'HEADGATE_HSTS',
  'HEADGATE_DATA_DIR',
  'HEADGATE_CONFIG',
  'HEADGATE_ADMIN_TOKEN',
  'HEADGATE_METRICS_TOKEN',
  'HEADGATE_MASTER_KEY',
  'HEADGATE_MASTER_KEY_PREVIOUS',
  'HEADGATE_NATS_URL',
  'HEADGATE_NATS_CREDS',
  'HEADGATE_NATS_CA',
  'HEADGATE_NATS_UNSIGNED',
  'HEADGATE_NODE_NAME',
  'HEADGATE_REGION',
  'HEADGATE_HOSTS',
  'HEADGATE_TRUSTED_PROXIES',
  'HEADGATE_EGRESS',
  'HEADGATE_UNPRICED',
  'HEADGATE_BODY_MAX',
  'HEADGATE_BODY_PROCESSES',
  'HEADGATE_BODY_PROCESS_MEMORY',
  'HEADGATE_KEY_OPEN_MAX',
  'HEADGATE_QUEUE_MAX',
  'HEADGATE_KEY_USERS_MAX',
  'HEADGATE_LIMIT_COUNTS_MAX',
  'HEADGATE_LIMIT_NODES_MAX',
  'HEADGATE_IDEMPOTENCY',
  'HEADGATE_LEDGER_RETENTION',
  'HEADGATE_BODY_MEMORY_MAX',
  'HEADGATE_MEMORY_MAX',
  'HEADGATE_DRAIN',
  'HEADGATE_INTENTS',
  'HEADGATE_BATCH_POLL',
  'HEADGATE_DEMO',
  'HEADGATE_LOG_LEVEL',
] as const
export type SettingName = (typeof settingNames)[number]

/** Names that the command line alone reads. */
const commandNames = ['HEADGATE_CONTROL_URL']

/** Names that later versions read: they have no effect yet, and are no typing mistakes. */
const laterNames = ['HEADGATE_REDIS_URL', 'HEADGATE_EMBEDDING_MODEL']

const prefix = 'HEADGATE_'

const known: ReadonlySet<string> = new Set([...settingNames, ...commandNames].flatMap((name) => [name, `${name}_FILE`]))

/** Kubernetes sets such variables for a Service of the name `headgate` or `headgate-…`. */
const kubernetesName = /_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/

/** Whether a value is what Kubernetes sets as the `…_PORT` of a Service: `tcp://10.96.0.7:4222`. */
export function isServiceAddress(value: string | undefined): boolean {
  return /^(tcp|udp|sctp):/.test(value ?? '')
}

export interface JudgedVariables {
  mistyped: { name: string; meant: string }[]
  /** Names that are near to no known one. */
  unknown: string[]
}

export function judgeVariables(environment: Readonly<Record<string, string | undefined>>): JudgedVariables {
  const judged: JudgedVariables = { mistyped: [], unknown: [] }
  for (const name of Object.keys(environment)
    .filter((one) => one.startsWith(prefix) && !known.has(one))
    .sort()) {
    if (isOfKubernetes(name, environment[name]) || name.startsWith('HEADGATE_TEST_')) continue
    const meant = laterNames.includes(name) ? undefined : nearestVariable(name)
    if (meant === undefined) judged.unknown.push(name)
    else judged.mistyped.push({ name, meant })
  }
  return judged
}

function isOfKubernetes(name: string, value: string | undefined): boolean {
  return kubernetesName.test(name) || (name.endsWith('_PORT') && isServiceAddress(value))
}

/** The known variable with the nearest name. The prefix is left out: it would make short names look alike. */
function nearestVariable(name: string): string | undefined {
  const rests = [...known].map((one) => one.slice(prefix.length))
  const rest = nearest(name.slice(prefix.length), rests)
  return rest === undefined ? undefined : `${prefix}${rest}`
}
