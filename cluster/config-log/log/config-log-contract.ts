// The suite that every adapter of the configuration log passes.
import { afterEach, describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import type { ConfigChange } from '../../../shared/config/events.ts'
import { type ConfigLog, genesisHash, type LogHead, type SealedEvent } from './config-log.ts'
import { sealEvent } from './event-codec.ts'

/** `open` may be called again after the last handle was closed: the new handle finds what was stored. */
export type PrepareLog = () => Promise<{ open(): Promise<ConfigLog>; dispose?(): Promise<void> }>

export function configLogContract(name: string, prepare: PrepareLog): void {
  describe(`${name} log`, () => {
    const cleanup: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const clean of cleanup.splice(0).reverse()) await clean()
    })

    async function fresh() {
      const storage = await prepare()
      if (storage.dispose !== undefined) cleanup.push(storage.dispose)
      const open = async () => {
        const log = await storage.open()
        cleanup.push(() => log.close())
        return log
      }
      return { log: await open(), open }
    }

    test('an empty log is at revision 0', async () => {
      const { log } = await fresh()
      expect(await log.head()).toEqual({ ok: true, value: { revision: 0, hash: genesisHash } })
      expect(await log.read(0, 10)).toEqual({ ok: true, value: [] })
    })

    test('what was appended is read back byte for byte, in order', async () => {
      const { log } = await fresh()
      const events = chain(5)
      for (const [index, event] of events.entries()) {
        expect(await log.append(event, index)).toEqual({ ok: true, value: { revision: index + 1, duplicate: false } })
      }
      const read = value(await log.read(0, 10))
      expect(read.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5])
      for (const [index, stored] of read.entries()) {
        expect(Buffer.from(stored.bytes)).toEqual(Buffer.from(events[index]!.bytes))
        expect(stored).toMatchObject({ ...events[index], bytes: expect.anything() })
      }
      expect(await log.head()).toEqual({ ok: true, value: { revision: 5, hash: events[4]!.hash } })
    })

    test('reading goes on after a revision and stops at the limit', async () => {
      const { log } = await fresh()
      await appendAll(log, chain(5))
      expect(value(await log.read(2, 2)).map(({ revision }) => revision)).toEqual([3, 4])
      expect(value(await log.read(4, 2)).map(({ revision }) => revision)).toEqual([5])
      expect(value(await log.read(5, 2))).toEqual([])
      expect(value(await log.read(50, 2))).toEqual([])
    })

    test('an append behind the head, or beyond it, changes nothing and names the head', async () => {
      const { log } = await fresh()
      const events = chain(2)
      await appendAll(log, events)
      const head: LogHead = { revision: 2, hash: events[1]!.hash }
      for (const after of [0, 1, 3]) {
        expect(await log.append(event('late'), after)).toEqual({ ok: false, error: { type: 'conflict', head } })
      }
      expect(await log.head()).toEqual({ ok: true, value: head })
    })

    test('the same command id answers with the revision it has, however stale it is', async () => {
      const { log } = await fresh()
      const events = chain(3)
      await appendAll(log, events)
      expect(await log.append(events[0]!, 0)).toEqual({ ok: true, value: { revision: 1, duplicate: true } })
      expect(await log.append(events[1]!, 3)).toEqual({ ok: true, value: { revision: 2, duplicate: true } })
      expect(value(await log.head()).revision).toBe(3)
    })

    test('the same command twice at once is stored once', async () => {
      const { log } = await fresh()
      const one = event('once')
      const answers = await Promise.all([log.append(one, 0), log.append(one, 0)])
      expect(answers).toEqual([
        { ok: true, value: { revision: 1, duplicate: false } },
        { ok: true, value: { revision: 1, duplicate: true } },
      ])
    })

    test('an event is found by its command id', async () => {
      const { log } = await fresh()
      await appendAll(log, chain(3))
      expect(value(await log.find('command-2'))).toMatchObject({ revision: 2, commandId: 'command-2' })
      expect(value(await log.find('command-9'))).toBeUndefined()
    })

    test('of 20 who append after the same revision one wins and 19 are told the head', async () => {
      const { log } = await fresh()
      const events = chain(3)
      await appendAll(log, events)
      const place = { revision: 4, prevHash: events[2]!.hash }
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_one, index) => log.append(event(`w${index}`, place), 3)),
      )
      const winners = answers.filter((answer) => answer.ok)
      expect(winners).toEqual([{ ok: true, value: { revision: 4, duplicate: false } }])
      const head = value(await log.head())
      for (const answer of answers) {
        if (!answer.ok) expect(answer.error).toEqual({ type: 'conflict', head })
      }
    })

    test('appends that follow one another may be given at once', async () => {
      const { log } = await fresh()
      const events = chain(50)
      const answers = await Promise.all(events.map((one, index) => log.append(one, index)))
      expect(answers.map((answer) => answer.ok && answer.value.revision)).toEqual(
        events.map((_one, index) => index + 1),
      )
    })

    test('an event of 512 KB is stored and a larger one is refused', async () => {
      const { log } = await fresh()
      const maxBytes = bounds.changeSetBytesMax
      const largest = eventOf(maxBytes)
      expect((await log.append(largest, 0)).ok).toBe(true)
      const refusal = { type: 'too-large', bytes: maxBytes + 1, maxBytes }
      const place = { revision: 2, prevHash: largest.hash }
      expect(await log.append(eventOf(maxBytes + 1, place), 1)).toEqual({ ok: false, error: refusal })
      expect(value(await log.read(0, 1))[0]?.bytes.byteLength).toBe(maxBytes)
    })

    test('a watcher is woken by an append, and not after it stopped', async () => {
      const { log } = await fresh()
      let woken = 0
      const first = Promise.withResolvers<void>()
      const watch = log.watch(() => {
        woken++
        first.resolve()
      })
      const [one, two] = chain(2) as [SealedEvent, SealedEvent]
      await log.append(one, 0)
      await first.promise
      watch.stop()
      const before = woken
      const second = Promise.withResolvers<void>()
      log.watch(() => second.resolve())
      await log.append(two, 1)
      await second.promise
      expect(woken).toBe(before)
    })

    test('what was acknowledged is there after closing and opening again', async () => {
      const { log, open } = await fresh()
      const events = chain(3)
      await appendAll(log, events)
      await log.close()
      const again = await open()
      expect(await again.head()).toEqual({ ok: true, value: { revision: 3, hash: events[2]!.hash } })
      expect(await again.append(events[0]!, 3)).toEqual({ ok: true, value: { revision: 1, duplicate: true } })
      const place = { revision: 4, prevHash: events[2]!.hash }
      expect((await again.append(event('next', place), 3)).ok).toBe(true)
    })
  })
}

export const contractMacKey = new Uint8Array(32).fill(5)

/** Makes events that follow one another, with the command ids `command-1` and on. */
export function chain(length: number): SealedEvent[] {
  const events: SealedEvent[] = []
  for (let revision = 1; revision <= length; revision++) {
    events.push(event(`command-${revision}`, { revision, prevHash: events.at(-1)?.hash ?? genesisHash }))
  }
  return events
}

export function event(commandId: string, place = { revision: 1, prevHash: genesisHash }, reason = 'test'): SealedEvent {
  const change: ConfigChange = { type: 'team-set', name: `team-of-${commandId}`, spec: {}, origin: 'api' }
  const rest = { version: 1, at: '2026-01-01T00:00:00.000Z', actor: 'a', reason } as const
  return sealEvent({ ...place, ...rest, type: change.type, commandId, change }, contractMacKey)
}

/** Makes an event of exactly this size. */
function eventOf(bytes: number, place?: { revision: number; prevHash: string }): SealedEvent {
  const commandId = `size-${bytes}`
  const least = event(commandId, place, '').bytes.byteLength
  return event(commandId, place, 'x'.repeat(bytes - least))
}

async function appendAll(log: ConfigLog, events: SealedEvent[]): Promise<void> {
  for (const [index, one] of events.entries()) {
    const answer = await log.append(one, index)
    if (!answer.ok) throw new Error(`append ${index}: ${answer.error.type}`)
  }
}

function value<Value>(result: { ok: true; value: Value } | { ok: false; error: { type: string } }): Value {
  if (!result.ok) throw new Error(result.error.type)
  return result.value
}
