// Streams and logs over a real nats-server, for tests. Each has a link of its own, as each node does.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from '../../../shared/at-exit.ts'
import { systemClock } from '../../../shared/clock.ts'
import type { Notice } from '../../../shared/notice.ts'
import type { NatsLink } from '../../nats/nats-link.ts'
import { openNatsLink } from '../../nats/open-nats-link.ts'
import type { SealedEvent } from '../log/config-log.ts'
import { event } from '../log/config-log-contract.ts'
import { HighWaterFile } from '../log/high-water.ts'
import { SqliteLog } from '../sqlite/sqlite-log.ts'
import { JetStreamStream, type JetStreamStreamOptions } from '../stream/jetstream-stream.ts'
import { rigMacKey } from '../writer/log-rig.ts'
import { ReplicatedLog, type ReplicatedLogOptions } from './replicated-log.ts'

/** Opens a link; resolves once it is connected. */
export async function connectedLink(url: string): Promise<NatsLink> {
  const link = openNatsLink({
    servers: url.split(','),
    name: 'test',
    clock: systemClock,
    notify: () => {},
    chance: () => 0,
  })
  if (!link.ok) throw new Error(link.error.message)
  await new Promise<void>((resolve) => {
    const watch = link.value.onChange((isConnected) => {
      if (!isConnected) return
      resolve()
      queueMicrotask(() => watch.stop())
    })
  })
  return link.value
}

/** Opens a stream with a link of its own, which is closed with the stream. */
export async function openStream(url: string, options: Partial<JetStreamStreamOptions> = {}): Promise<JetStreamStream> {
  const link = await connectedLink(url)
  const stream = new JetStreamStream({ link, clock: systemClock, ...options })
  const close = stream.close.bind(stream)
  stream.close = async () => {
    await close()
    await link.close()
  }
  return stream
}

export interface JetStreamNode {
  log: ReplicatedLog
  notices: Notice[]
  /** The folder of the node's copy. */
  folder: string
  close(): Promise<void>
}

export interface NodeOptions extends Partial<ReplicatedLogOptions> {
  url: string
  /** The folder, which stays over restarts of the node. Default: a new one. */
  folder?: string
}

/** Starts a node's log with its copy in a folder. It resolves after the first look at the stream. */
export async function startNode({ url, folder = newFolder(), ...options }: NodeOptions): Promise<JetStreamNode> {
  const notices: Notice[] = []
  const stream = await openStream(url)
  const log = new ReplicatedLog({
    stream,
    copy: openCopy(folder),
    macKey: rigMacKey,
    clock: systemClock,
    notify: (notice) => void notices.push(notice),
    mayCreate: () => true,
    ...options,
  })
  await log.start()
  return { log, notices, folder, close: () => log.close() }
}

export function openCopy(folder: string, { readOnly = false } = {}): SqliteLog {
  const path = join(folder, 'log.sqlite')
  if (readOnly) return new SqliteLog({ path, readOnly })
  return new SqliteLog({ path, highWater: new HighWaterFile(join(folder, 'high-water.json'), rigMacKey) })
}

const folders: string[] = []
atExit(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Makes a folder that is removed when the process ends. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-copy-'))
  folders.push(folder)
  return folder
}

/** Returns the event that follows the present head of the log. */
export async function nextEvent(
  log: ReplicatedLog,
  commandId: string,
  reason?: string,
): Promise<{ event: SealedEvent; after: number }> {
  const head = await log.head()
  if (!head.ok) throw new Error(head.error.type)
  const { revision, hash } = head.value
  return { event: event(commandId, { revision: revision + 1, prevHash: hash }, reason), after: revision }
}

/** Appends, and tries again after conflicts, as the writer does. */
export async function appendNext(log: ReplicatedLog, commandId: string): ReturnType<ReplicatedLog['append']> {
  for (;;) {
    const next = await nextEvent(log, commandId)
    const answer = await log.append(next.event, next.after)
    if (answer.ok || answer.error.type !== 'conflict') return answer
  }
}
