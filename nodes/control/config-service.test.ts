import { describe, expect, test } from 'vitest'
import type { LogRefusal, SealedEvent } from '../../cluster/config-log/log/config-log.ts'
import { sealEvent } from '../../cluster/config-log/log/event-codec.ts'
import { MemoryLog, MemoryLogStorage } from '../../cluster/config-log/log/memory-log.ts'
import { rigMacKey, setTeam, teamSet } from '../../cluster/config-log/writer/log-rig.ts'
import { MemoryKeyStore } from '../../cluster/secrets/memory-key-store.ts'
import type { DecideTools } from '../../shared/config/decide.ts'
import type { SealedSecret } from '../../shared/config/sealed-secret.ts'
import type { ConfigState } from '../../shared/config/state.ts'
import { done, fail } from '../../shared/result.ts'
import type { ConfigService } from './config-service.ts'
import { openDesk } from './testing/config-service-rig.ts'
import { UnneededSecrets } from './unneeded-secrets.ts'

const write = (desk: ConfigService) => desk.write(setTeam('mine'))

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

/** A late log answers no append until it is told to, and then stores the first. */
class LateLog extends MemoryLog {
  isLate = false
  #held: [SealedEvent, number][] = []
  override async append(event: SealedEvent, afterRevision: number): ReturnType<MemoryLog['append']> {
    if (!this.isLate) return super.append(event, afterRevision)
    this.#held.push([event, afterRevision])
    return fail({ type: 'outcome-unknown', commandId: event.commandId })
  }
  async comeToLight(): Promise<void> {
    await super.append(...this.#held[0]!)
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
    [{ type: 'full', message: 'no space' }, 507, 'log_full'],
    [{ type: 'unavailable', message: 'no answer' }, 503, 'log_unavailable'],
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
      actor: 'a',
      reason: '',
      decide: () => done({ type: 'team-set', name: 'big', spec, origin: 'api' }),
    })
    expect(written).toMatchObject({ ok: false, error: { status: 413 } })
    await close()
  })

  test('a decision that throws is a bug that stays a throw', async () => {
    const { desk, close } = await openDesk(new MemoryLog())
    const decide = () => {
      throw new Error('bug')
    }
    await expect(desk.write({ actor: 'a', reason: '', decide })).rejects.toThrow('bug')
    await close()
  })
})

describe('secrets', () => {
  const named = { actor: 'a', reason: '' }
  const credentials = (apiKey: SealedSecret) => [{ name: 'main', apiKey }]
  const provider =
    (name: string) =>
    (_state: ConfigState, { seal }: DecideTools) => {
      const spec = {
        kind: 'openai' as const,
        credentials: credentials(seal(`provider:${name}`, `sk-${name}-0123456789`)),
      }
      return done({ type: 'provider-set', name, spec, origin: 'api' } as const)
    }
  const secretOf = (desk: ConfigService, name: string) => {
    const state = desk.state()
    return state.ok ? state.value.resources.providers.get(name)!.spec.credentials![0]!.apiKey! : undefined
  }

  test('are sealed under a key that is there before the event', async () => {
    const { desk, secrets, close } = await openDesk(new MemoryLog())
    expect(await desk.write({ ...named, decide: provider('one') })).toMatchObject({ ok: true, value: { revision: 1 } })
    expect(secrets.open(secretOf(desk, 'one')!)).toEqual({ ok: true, value: 'sk-one-0123456789' })
    await close()
  })

  test('of a dry run need no key, and make none', async () => {
    const { desk, keys, close } = await openDesk(new MemoryLog())
    const { ok } = desk.dryRun(provider('one'))
    expect(ok).toBe(true)
    expect(keys.owners()).toEqual({ ok: true, value: [] })
    await close()
  })

  test('of a creation of unknown outcome open when it comes to light, whoever cleared up in between', async () => {
    const log = new LateLog()
    const { desk, secrets, follower, clock, close } = await openDesk(log)
    await desk.write(setTeam('before'))
    log.isLate = true
    const answer = desk.write({ ...named, decide: provider('one') })
    const tick = setInterval(() => clock.advance(1_000), 1)
    expect(await answer).toMatchObject({ ok: false, error: { status: 503, code: 'outcome_unknown' } })
    clearInterval(tick)
    await new UnneededSecrets({ follower, secrets, clock, notify: () => {} }).forget()
    await log.comeToLight()
    await follower.look()
    expect(secrets.open(secretOf(desk, 'one')!)).toEqual({ ok: true, value: 'sk-one-0123456789' })
    await close()
  })

  test('without a key are a 503, and no event', async () => {
    class KeysAway extends MemoryKeyStore {
      override async ensure(): Promise<never> {
        return fail({ type: 'keys-unavailable', message: 'gone' } as const) as never
      }
    }
    const { desk, log, close } = await openDesk(new MemoryLog(), new KeysAway())
    const written = await desk.write({ ...named, decide: provider('one') })
    expect(written).toMatchObject({ ok: false, error: { status: 503, code: 'log_unavailable' } })
    expect(await log.head()).toMatchObject({ value: { revision: 0 } })
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
