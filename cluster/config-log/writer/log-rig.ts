// A log with the parts around it in a node, for tests: one storage, and a writer that can be started on it again and
// again.

import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../../../shared/clock.ts'
import type { Change, ConfigEvent } from '../../../shared/config/events.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notice } from '../../../shared/notice.ts'
import { done } from '../../../shared/result.ts'
import type { Verdict } from '../follower/boot.ts'
import { Follower } from '../follower/follower.ts'
import { LastGood } from '../follower/last-good.ts'
import type { ConfigLog } from '../log/config-log.ts'
import { sealEvent } from '../log/event-codec.ts'
import type { HighWater } from '../log/high-water.ts'
import type { LogKey } from '../log/log-key.ts'
import { ConfigWriter } from './config-writer.ts'

export const rigMacKey = new Uint8Array(32).fill(5)

export interface RigOptions {
  log: ConfigLog
  highWater?: HighWater
  lastGoodFolder?: string
  clock?: Clock
  macKey?: LogKey
}

export interface Rig {
  log: ConfigLog
  follower: Follower
  writer: ConfigWriter
  verdict: Verdict
  notices: Notice[]
  states: ConfigState[]
  /** Resolves once the snapshot under way is written. */
  kept(): Promise<void>
  /** Stops the parts as a clean shutdown does. */
  stop(): Promise<void>
}

export async function bootRig(options: RigOptions): Promise<Rig> {
  const { log, highWater, lastGoodFolder, clock = systemClock, macKey = rigMacKey } = options
  const notices: Notice[] = []
  const states: ConfigState[] = []
  const notify = (notice: Notice) => void notices.push(notice)
  const folder = lastGoodFolder
  const lastGood = folder === undefined ? undefined : new LastGood({ folder, macKey, notify, tailEventsMax: 20 })
  const follower = new Follower({
    log,
    macKey,
    clock,
    notify,
    onState: (state) => void states.push(state),
    keepLastGood: lastGoodFolder !== undefined,
    ...(highWater === undefined ? {} : { highWater }),
    ...(lastGood === undefined ? {} : { lastGood }),
  })
  const newCommandId = () => randomUUID()
  const writer = new ConfigWriter({ log, follower, macKey, clock, newCommandId })
  const verdict = await follower.boot()
  const stop = async () => {
    await writer.stop()
    await follower.stop()
    await log.close()
  }
  const kept = async () => lastGood?.settled()
  return { log, follower, writer, verdict, notices, states, kept, stop }
}

export function teamSet(name: string): Change {
  return { type: 'team-set', name, spec: {}, origin: 'api' }
}

export function setTeam(name: string) {
  return { actor: 'test', reason: '', decide: () => done(teamSet(name)) }
}

/** Appends an event as another process with the master key would. */
export async function appendForeign(
  log: ConfigLog,
  fields: Partial<Record<keyof ConfigEvent, unknown>>,
): Promise<void> {
  const head = await log.head()
  if (!head.ok) throw new Error(head.error.type)
  const { revision, hash } = head.value
  const rest = { version: 1, at: '2026-01-01T00:00:00.000Z', actor: 'other', reason: '' }
  const change = teamSet(`foreign-${revision}`)
  const place = { revision: revision + 1, prevHash: hash, commandId: `foreign-${revision}` }
  const event = { ...rest, ...place, type: change.type, change, ...fields } as ConfigEvent
  const stored = await log.append(sealEvent(event, rigMacKey), revision)
  if (!stored.ok) throw new Error(stored.error.type)
}
