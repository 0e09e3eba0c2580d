// Encodes and decodes events. The bytes are canonical JSON (sorted keys), so that equal events are equal bytes. They
// contain the hash of the previous event, so that a log can be verified from any proven point on. A MAC under a key
// that the log never sees protects them, so that a writer to the log without that key cannot forge an event.
import { createHmac, hash as digest, timingSafeEqual } from 'node:crypto'
import { type ConfigEvent, isKnownChange } from '../../../shared/config/events.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { LogHead, SealedEvent, StoredEvent } from './config-log.ts'
import { currentKey, type LogKey, someKeyAt } from './log-key.ts'

export type OpenedEvent =
  | { type: 'known'; event: ConfigEvent }
  /** The event is genuine, but of a newer release. `event.change` must not be read. */
  | { type: 'unknown'; event: ConfigEvent; eventType: string; ignorable: boolean }

export interface ChainBreak {
  readonly type: 'chain-break'
  readonly revision: number
  readonly what: 'hash' | 'mac' | 'previous-hash' | 'revision' | 'command-id' | 'format'
  readonly message: string
}

export interface Expected {
  revision: number
  prevHash: string
  /** The key of the event's MAC; undefined skips that check, where a later event's MAC covers the chain (`openPage`). */
  macKey: LogKey | undefined
}

/** An event of which only the bytes and their proofs were kept. */
export type EventBytes = Pick<SealedEvent, 'bytes' | 'hash' | 'mac'> & { commandId?: string; revision?: number }

export function sealEvent(event: ConfigEvent, macKey: LogKey): SealedEvent {
  const bytes = Buffer.from(canonicalJson(event), 'utf8')
  return { commandId: event.commandId, bytes, hash: hashOf(bytes), mac: macOf(bytes, currentKey(macKey)) }
}

/** Opens an event; refuses anything but the event that belongs at `expected.revision`, after the one with
 *  `expected.prevHash`. */
export function openEvent(stored: EventBytes, expected: Expected): Result<OpenedEvent, ChainBreak> {
  const broken = (what: ChainBreak['what'], message: string): Result<OpenedEvent, ChainBreak> =>
    fail({ type: 'chain-break', revision: expected.revision, what, message })
  if (hashOf(stored.bytes) !== stored.hash) return broken('hash', 'the bytes do not have the hash stored with them')
  if (expected.macKey !== undefined && !isGenuine(stored, expected.macKey, expected.revision))
    return broken('mac', foreign)
  const event = parseEvent(stored.bytes)
  if (event === undefined) return broken('format', 'the bytes are not an event')
  if (event.prevHash !== expected.prevHash) return broken('previous-hash', 'it does not follow the event before it')
  if (event.revision !== expected.revision || (stored.revision ?? event.revision) !== event.revision) {
    return broken('revision', `it says revision ${event.revision}`)
  }
  if (stored.commandId !== undefined && stored.commandId !== event.commandId) {
    return broken('command-id', 'it is stored under the command id of another event')
  }
  if (isKnown(event)) return done({ type: 'known', event })
  return done({ type: 'unknown', event, eventType: event.type, ignorable: event.ignorable === true })
}

/** Opens the events of a page that follow `after`, as far as they are proven. Each event holds the hash of the previous
 *  one, so the MAC of the last one proves all: folding a long history saves a million MACs. */
export function openPage(
  page: readonly StoredEvent[],
  after: LogHead,
  macKey: LogKey,
): { opened: OpenedEvent[]; broken: ChainBreak | undefined } {
  const opened: OpenedEvent[] = []
  let { revision, hash: prevHash } = after
  let broken: ChainBreak | undefined
  for (const stored of page) {
    const linked = openEvent(stored, { revision: revision + 1, prevHash, macKey: undefined })
    if (!linked.ok) {
      broken = linked.error
      break
    }
    opened.push(linked.value)
    revision += 1
    prevHash = stored.hash
  }
  const last = page[opened.length - 1]
  if (last === undefined || isGenuine(last, macKey, revision)) return { opened, broken }
  const genuine = page.findIndex((stored, index) => !isGenuine(stored, macKey, after.revision + index + 1))
  const first = { type: 'chain-break', revision: after.revision + genuine + 1, what: 'mac', message: foreign } as const
  return { opened: opened.slice(0, genuine), broken: first }
}

/** Parses an event without proving anything, for showing what a log holds. */
export function parseEvent(bytes: Uint8Array): ConfigEvent | undefined {
  try {
    const event = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as unknown
    return isEnvelope(event) ? event : undefined
  } catch {
    return undefined
  }
}

export function macOf(bytes: Uint8Array | string, macKey: Uint8Array): string {
  return createHmac('sha256', macKey).update(bytes).digest('hex')
}

/** Whether the MAC was made under a key that an event of this revision may carry. */
export function isGenuine(
  { bytes, mac }: Pick<SealedEvent, 'bytes' | 'mac'>,
  macKey: LogKey,
  revision: number,
): boolean {
  return someKeyAt(macKey, revision, (key) => sameMac(mac, macOf(bytes, key)))
}

export function sameMac(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}

/** Prints JSON with sorted keys and without undefined fields. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

const foreign = 'the MAC does not verify: forged, or written under another master key'

function hashOf(bytes: Uint8Array): string {
  return digest('sha256', bytes, 'hex')
}

// Checks only the fields that the chain and the follower read: the writer of the MAC wrote the rest of the event too.
function isEnvelope(event: unknown): event is ConfigEvent {
  if (typeof event !== 'object' || event === null) return false
  const { revision, type, commandId, prevHash } = event as Partial<Record<keyof ConfigEvent, unknown>>
  return (
    typeof revision === 'number' &&
    typeof type === 'string' &&
    typeof commandId === 'string' &&
    typeof prevHash === 'string'
  )
}

function isKnown(event: ConfigEvent): boolean {
  const { change } = event
  if (event.version !== 1 || event.type !== change?.type) return false
  const parts = change.type === 'change-set' ? change.changes : [change]
  return parts.every((part) => isKnownChange(part.type))
}
