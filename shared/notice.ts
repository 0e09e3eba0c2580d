// What Headgate tells its operator: one union of things that happen. Text is made at the rim; units stand in the names;
// a secret has no field to sit in.
import type { RefusedKind } from './telemetry/records.ts'

export type Notice =
  | { type: 'started'; role: string; endpoint?: string; control?: string; version: string; tookMs: number }
  | { type: 'stopping'; signal: string; drainMs: number; openRequests: number }
  | { type: 'stopped'; openStreams: number }
  | { type: 'config-applied'; revision: number; tookMs: number }
  | { type: 'config-degraded'; reason: string }
  | { type: 'config-damaged'; reason: string }
  /** The stream of the configuration log is not what it was: nothing is appended until it is again. */
  | { type: 'log-alarm'; alarm: string; message: string; copyRevision: number }
  | { type: 'log-away'; message: string }
  /** The server answers, and keeps nothing. */
  | { type: 'jetstream-stuck'; message: string }
  | { type: 'jetstream-stores' }
  | { type: 'log-following'; revision: number }
  /** A stream that was rewound was given again what this node's copy holds beyond revision `from`. */
  | { type: 'log-extended'; from: number; to: number }
  | { type: 'config-event-unknown'; revision: number; eventType: string; ignorable: boolean }
  /** Ends within the last minute that nobody asked for. */
  | { type: 'crash-loop'; crashes: number; pauseMs: number }
  /** The process ended again and again under `until`: it serves `revision` until there is something newer. */
  | { type: 'config-rolled-back'; revision: number; until: number }
  /** These nodes mean something else by the revision than the log does. */
  | { type: 'config-disagreement'; revision: number; nodes: readonly string[] }
  /** `said`: what the provider said of it, redacted. */
  | { type: 'upstream-auth-refused'; provider: string; credential: string; status: number; said?: string | undefined }
  /** Callers of the endpoint are translated for this provider, until its configuration changes or some time has passed. */
  | { type: 'endpoint-missing'; provider: string; endpoint: string; status: number }
  /** Tells when it begins; what was granted before serves to its end. The message names no secret. */
  | { type: 'identity-unavailable'; provider: string; credential: string; message: string }
  /** Tells at most once a minute for each origin, which the message names. */
  | { type: 'upstream-unreachable'; problem: 'connect' | 'connect-timeout' | 'protocol' | 'tls'; message: string }
  | { type: 'slo-alert'; slo: string; severity: 'page' | 'ticket'; state: 'firing' | 'resolved'; factor: number }
  /** An answer of the model has no known cost, because its target has no price; once for each model. */
  | { type: 'model-unpriced'; model: string; provider: string; target: string }
  /** A budget has passed a threshold, once in each window. Amounts are in USD. */
  | { type: 'budget-alert'; budget: string; threshold: number; spentUsd: number; limitUsd: number; resetsAt: string }
  /** More proxies share limits, or more is counted, than one proxy keeps; at most once an hour. */
  | { type: 'limits-full'; what: 'nodes' | 'counts'; max: number }
  /** The register of budgets cannot be read or written; at most once a minute. */
  | { type: 'budgets-troubled'; message: string }
  /** Tells of an event's first failure and of giving it up. Only the origin is named: the rest may be a secret. */
  | {
      type: 'webhook-failed'
      kind: 'slos' | 'budgets'
      name: string
      origin: string
      problem: string
      givenUp: boolean
    }
  | { type: 'usage-dropped'; records: number; reason: 'queue-full' | 'spool-full' }
  | { type: 'spool-failed'; message: string }
  /** Attempts are not journaled before they are sent; tells when it begins. */
  | { type: 'intents-failed'; message: string }
  /** Attempts of a process that was killed were settled on the most that they can have cost; `unpriced` of them have no bound. */
  | { type: 'intents-settled'; attempts: number; unpriced: number; costUsd: number }
  /** Nothing tells what a batch cost: it is gone from its provider, or was made by an earlier release. */
  | { type: 'batch-lost'; provider: string; batch: string }
  /** Batches that are to be settled cannot be noted or looked at. */
  | { type: 'batches-troubled'; message: string }
  /** Stored responses can be neither read nor written; at most once a minute. */
  | { type: 'state-troubled'; message: string }
  | { type: 'handler-threw'; where: string; message: string }
  | { type: 'plaintext-endpoint'; host: string }
  /** Tells that only servers of this machine are used, because no credentials are set. */
  | { type: 'nats-without-credentials'; servers: number }
  | { type: 'nats-insecure'; server: string; problem: 'plaintext' | 'old-version'; version: string }
  | { type: 'nats-connected'; server: string; awayMs: number }
  | { type: 'nats-away'; reason: string }
  /** Tells at once, then once a minute for as long as it is so. */
  | { type: 'nats-credentials-refused'; server: string; message: string }
  /** Tells once for each subject. */
  | { type: 'nats-permission-refused'; operation: string; subject: string }
  /** Tells once the network is back, and at most every 10 s, how many messages of each class were lost. */
  | { type: 'bus-dropped'; messages: Record<string, number> }
  /** Tells at most once a minute. */
  | { type: 'bus-too-large'; subject: string; bytes: number; bytesMax: number }
  /** Tells of each kind at most once a minute; `count` since the start. */
  | { type: 'message-refused'; kind: RefusedKind; channel: string; subject: string; count: number }
  /** A reason of `/readyz?verbose` that was there at two looks, a second apart; each at most once a minute. */
  | { type: 'trouble'; reason: string }
  | { type: 'trouble-over'; reason: string; lastedMs: number }
  | { type: 'warning'; message: string }

export type Notify = (notice: Notice) => void

export const noticeLevel = {
  started: 'info',
  stopping: 'info',
  stopped: 'info',
  'config-applied': 'debug',
  'config-degraded': 'error',
  'config-damaged': 'error',
  'log-alarm': 'error',
  'log-away': 'warn',
  'jetstream-stuck': 'error',
  'jetstream-stores': 'info',
  'log-following': 'info',
  'log-extended': 'warn',
  'config-event-unknown': 'warn',
  'crash-loop': 'error',
  'config-rolled-back': 'error',
  'config-disagreement': 'error',
  'upstream-auth-refused': 'warn',
  'endpoint-missing': 'info',
  'identity-unavailable': 'error',
  'upstream-unreachable': 'warn',
  'slo-alert': 'warn',
  'budget-alert': 'warn',
  'limits-full': 'warn',
  'budgets-troubled': 'warn',
  'model-unpriced': 'warn',
  'webhook-failed': 'warn',
  'usage-dropped': 'error',
  'spool-failed': 'error',
  'intents-failed': 'error',
  'intents-settled': 'warn',
  'batch-lost': 'warn',
  'batches-troubled': 'error',
  'state-troubled': 'warn',
  'handler-threw': 'error',
  'plaintext-endpoint': 'warn',
  'nats-without-credentials': 'warn',
  'nats-insecure': 'warn',
  'nats-connected': 'info',
  'nats-away': 'warn',
  'nats-credentials-refused': 'error',
  'nats-permission-refused': 'error',
  'bus-dropped': 'warn',
  'bus-too-large': 'error',
  'message-refused': 'error',
  trouble: 'warn',
  'trouble-over': 'info',
  warning: 'warn',
} as const satisfies Record<Notice['type'], 'debug' | 'info' | 'warn' | 'error'>
