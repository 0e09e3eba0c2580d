import { describe, expect, test } from 'vitest'
import { LocalBus } from '../../cluster/bus/local-bus.ts'
import type { LogRefusal, SealedEvent } from '../../cluster/config-log/config-log.ts'
import { sealEvent } from '../../cluster/config-log/event-codec.ts'
import { bootRig, rigMacKey, setTeam, teamSet } from '../../cluster/config-log/log-rig.ts'
import { MemoryLog, MemoryLogStorage } from '../../cluster/config-log/memory-log.ts'
import { ManualClock } from '../../shared/clock.ts'
import { done } from '../../shared/result.ts'
import { ConfigDesk } from './config-desk.ts'
import { KeysUnavailable } from './decide-tools.ts'
import { NodesView } from './nodes-view.ts'

async function openDesk(log: MemoryLog) {
  const { follower, writer, stop } = await bootRig({ log })
  const bus = new LocalBus()
  const nodes = new NodesView(new ManualClock(), bus)
  const desk = new ConfigDesk({ log, follower, writer, bus, nodes, awaitAppliedBy: undefined })
  const close = async () => {
    nodes.stop()
    bus.close()
    await stop()
  }
  return { desk, close }
}

const write = (desk: ConfigDesk) => desk.write(setTeam('mine'))

/** A log on which somebody else is always a moment faster. */
class ContestedLog extends MemoryLog {
  override async append(event: SealedEvent, afterRevision: number) {
    const head = await this.head()
    if (!head.ok) return head
    const { revision, hash } = head.value
    const envelope = {
      revision: revision + 1,
      version: 1,
      type: 'team-set',
      at: '',
      actor: 'other',
      reason: '',
    } as const
    const faster = { ...envelope, commandId: `other-${revision}`, change: teamSet(`t${revision}`), prevHash: hash }
    await super.append(sealEvent(faster, rigMacKey), revision)
    return super.append(event, afterRevision)
  }
}

describe('what the log refuses', () => {
  test('five times too late is 409, and nothing of it was stored', async () => {
    const { desk, close } = await openDesk(new ContestedLog())
    const written = await write(desk)
    expect(written).toMatchObject({ ok: false, error: { status: 409, code: 'conflict' } })
    const state = desk.state()
    expect(state.ok && [...state.value.resources.teams.keys()]).toEqual(['t0', 't1', 't2', 't3', 't4'])
    await close()
  })

  test.each<[LogRefusal, number, string]>([
    [{ type: 'full', message: 'no space' }, 507, 'log-full'],
    [{ type: 'unavailable', message: 'no answer' }, 503, 'log-unavailable'],
    [{ type: 'damaged', revision: 7, message: 'bad hash' }, 503, 'config_damaged'],
    [{ type: 'rewound', revision: 3, highWater: 9 }, 503, 'config_damaged'],
  ])('%j is %i %s', async (refusal, status, code) => {
    const storage = new MemoryLogStorage()
    const { desk, close } = await openDesk(new MemoryLog(storage))
    storage.refusal = refusal
    expect(await write(desk)).toMatchObject({ ok: false, error: { status, code } })
    expect(await desk.events(0, 10)).toMatchObject({ ok: false, error: { status, code } })
    await close()
  })

  test('a change of more than one event can hold is 413', async () => {
    const { desk, close } = await openDesk(new MemoryLog())
    const spec = { metadata: { long: 'x'.repeat(600_000) } }
    const written = await desk.write({
      ...{ actor: 'a', reason: '' },
      decide: () => done({ type: 'team-set', name: 'big', spec, origin: 'api' }),
    })
    expect(written).toMatchObject({ ok: false, error: { status: 413 } })
    await close()
  })

  test('data keys that cannot be read are a 503, and other throws are bugs that stay throws', async () => {
    const { desk, close } = await openDesk(new MemoryLog())
    const throwing = (error: Error) =>
      desk.write({
        ...{ actor: 'a', reason: '' },
        decide: () => {
          throw error
        },
      })
    expect(await throwing(new KeysUnavailable('no keys'))).toMatchObject({ ok: false, error: { status: 503 } })
    await expect(throwing(new Error('bug'))).rejects.toThrow('bug')
    await close()
  })
})

test('a command id makes a thing happen once', async () => {
  const { desk, close } = await openDesk(new MemoryLog())
  const once = () => desk.write({ ...setTeam('mine'), commandId: 'once' })
  expect(await once()).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await once()).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await desk.revisionOf('once')).toEqual({ ok: true, value: 1 })
  expect(await desk.revisionOf('never')).toEqual({ ok: true, value: undefined })
  await close()
})
