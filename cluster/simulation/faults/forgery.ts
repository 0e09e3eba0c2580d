// Makes events that no node of this world wrote.
import { genesisHash, type SealedEvent } from '../../config-log/log/config-log.ts'
import { sealEvent } from '../../config-log/log/event-codec.ts'
import { simulatedMacKey } from '../run-parts.ts'
import type { Victims } from './fault-kind.ts'

/** Makes an event as an attacker can who has access to the stream and not the key of the cluster. `how` chooses the
 *  method. */
export function forged({ content, history, dice }: Victims, how: number): SealedEvent {
  const newest = content.messages.at(-1)
  const revision = (newest?.sequence ?? 0) + 1
  const change = { type: 'team-set', name: 'forged', spec: {}, origin: 'api' } as const
  const head = { revision, prevHash: newest?.hash ?? genesisHash, version: 1, type: change.type } as const
  const rest = {
    commandId: `forged-${revision}`,
    at: '2026-01-01T00:00:00.000Z',
    actor: 'rogue',
    reason: 'forged',
    change,
  }
  const own = sealEvent({ ...head, ...rest }, new Uint8Array(32).fill(9))
  // Events that nodes sealed for this revision and that were not stored, or were stored once.
  const former = history.sealedFor(revision)
  if (how === 1 || newest === undefined) return own
  if (how === 2) return { ...dice.pick(content.messages), commandId: `again-${revision}` }
  if (how === 3) return { ...own, hash: newest.hash, mac: newest.mac }
  if (how === 4) return { ...own, mac: newest.mac }
  if (former.length === 0) return { ...newest, commandId: `again-${revision}`, bytes: Buffer.from('not an event') }
  return how === 5 ? { ...dice.pick(former), commandId: `again-${revision}` } : dice.pick(former)
}

/** Appends events as other nodes with the key of this cluster would have written them where ours were lost. */
export function branch({ content, history, server }: Victims, events: number): void {
  for (let count = 0; count < events; count++) {
    const newest = content.messages.at(-1)
    const revision = (newest?.sequence ?? 0) + 1
    const change = { type: 'team-set', name: 'd', spec: { costCenter: 'elsewhere' }, origin: 'api' } as const
    const head = { revision, prevHash: newest?.hash ?? genesisHash, version: 1, type: change.type } as const
    const rest = {
      commandId: `elsewhere-${revision}-${server.timeline.nowMs}`,
      actor: 'elsewhere',
      reason: 'elsewhere',
    }
    const event = sealEvent({ ...head, ...rest, at: '2026-01-01T00:00:00.000Z', change }, simulatedMacKey)
    history.sealed(event)
    content.push(event, server.timeline.nowMs)
  }
}
