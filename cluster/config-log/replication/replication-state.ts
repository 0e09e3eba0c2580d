// The states of the replicated log, for heartbeats, readiness and alarms, and the refusal that callers get in each
// state.

import type { StreamTrouble } from '../../nats/stream-trouble.ts'
import type { LogRefusal } from '../log/config-log.ts'

export type ReplicationStateType =
  /** Nothing is known yet. */
  | 'starting'
  /** The copy holds what the stream holds, or is catching up with it. */
  | 'following'
  /** The stream cannot be reached, or what it said has to be asked again. Waiting helps. */
  | 'away'
  /** The copy cannot be read or written: its disk is full, or fails. Waiting may help. */
  | 'copy-failed'
  | LogAlarmType

/** The stream is not what it was, or not what was asked for: nothing is appended until it is again. */
export type LogAlarmType =
  /** The stream is gone, although it existed once. */
  | 'missing'
  /** It is another stream, which does not hold what the copy holds. */
  | 'recreated'
  /** The stream is shorter than the copy. */
  | 'rewound'
  /** A writer without the key of this cluster wrote a message. */
  | 'forged'
  /** Messages are missing or do not follow one another, or the copy does not verify. */
  | 'damaged'
  /** The server did not take a setting that the log rests on. */
  | 'settings'

export interface ReplicationState {
  readonly type: ReplicationStateType
  /** A sentence for operators; empty while following. */
  readonly message: string
  /** The last known revision of the stream; undefined before the first answer. */
  readonly streamRevision: number | undefined
  readonly copyRevision: number
  readonly copyHash: string
  /** How long the copy has not been known to hold everything; 0 when it did at the last look. */
  readonly lagMs: number
  /** How long it has been in this state. */
  readonly forMs: number
  readonly isAlarm: boolean
}

/** The result of one look at stream and copy. `revision` is where it is wrong, or how far the stream goes. */
export interface ReplicationFinding {
  readonly type: Exclude<ReplicationStateType, 'starting'>
  readonly message: string
  readonly revision: number
  /** The refusal of the copy, when it is the copy that fails. */
  readonly refusal?: LogRefusal
}

const alarms: ReadonlySet<ReplicationStateType> = new Set<LogAlarmType>([
  'missing',
  'recreated',
  'rewound',
  'forged',
  'damaged',
  'settings',
])

export function isAlarm(type: ReplicationStateType): type is LogAlarmType {
  return alarms.has(type)
}

export function findingOf(trouble: StreamTrouble): ReplicationFinding {
  const { type, message } = trouble
  return { type: type === 'unavailable' ? 'away' : type, message, revision: 0 }
}

/** Maps a refusal of the copy. Damage of the copy is an alarm; a disk that is full for now is not. */
export function copyFinding(refusal: LogRefusal): ReplicationFinding {
  const found = (type: 'copy-failed' | 'damaged', what: string, revision: number): ReplicationFinding => {
    return { type, message: `the copy of the log ${what}`, revision, refusal }
  }
  switch (refusal.type) {
    case 'unavailable':
    case 'full':
      return found('copy-failed', `cannot be used: ${refusal.message}`, 0)
    case 'damaged':
      return found('damaged', `is damaged at revision ${refusal.revision}: ${refusal.message}`, refusal.revision)
    case 'rewound':
      return found('damaged', `ends at revision ${refusal.revision}, it reached ${refusal.highWater}`, refusal.revision)
  }
}

/** Returns the refusal of appends in this state. */
export function refusalOf(finding: ReplicationFinding, copyRevision: number): LogRefusal {
  const { type, message, revision, refusal } = finding
  if (refusal !== undefined) return refusal
  switch (type) {
    case 'missing':
    case 'recreated':
    case 'rewound':
      return { type: 'rewound', revision, highWater: copyRevision }
    case 'forged':
    case 'damaged':
      return { type: 'damaged', revision, message }
    default:
      return { type: 'unavailable', message }
  }
}
