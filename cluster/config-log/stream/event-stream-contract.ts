// The suite that every stream passes: what the replicated log relies on.
import { afterEach, describe, expect, test } from 'vitest'
import { chain, event } from '../log/config-log-contract.ts'
import type { RepairableStream } from './event-stream.ts'

/** `open` may be called again: the new handle finds what was stored. The stream is not created yet. */
export type PrepareStream = () => Promise<{ open(): Promise<RepairableStream>; dispose?(): Promise<void> }>

export function eventStreamContract(name: string, prepare: PrepareStream): void {
  describe(`${name} stream`, () => {
    const cleanup: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const clean of cleanup.splice(0).reverse()) await clean()
    })

    async function fresh() {
      const storage = await prepare()
      if (storage.dispose !== undefined) cleanup.push(storage.dispose)
      const open = async () => {
        const stream = await storage.open()
        cleanup.push(() => stream.close())
        return stream
      }
      return { stream: await open(), open }
    }

    async function made() {
      const { stream, open } = await fresh()
      expect((await stream.create()).ok).toBe(true)
      return { stream, open }
    }

    async function filled(length: number) {
      const { stream, open } = await made()
      const events = chain(length)
      for (const [index, one] of events.entries()) {
        expect(await stream.publish(one, index)).toEqual(stored(index + 1, false))
      }
      return { stream, open, events }
    }

    test('what was never made is missing, whatever is asked of it', async () => {
      const { stream } = await fresh()
      expect(await stream.facts()).toMatchObject({ ok: false, error: { type: 'missing' } })
      expect(await stream.read(0, 10)).toMatchObject({ ok: false, error: { type: 'missing' } })
      expect((await stream.publish(event('one'), 0)).ok).toBe(false)
    })

    test('a new stream is empty, and making it again finds it as it is', async () => {
      const { stream } = await made()
      expect(await stream.read(0, 10)).toEqual({ ok: true, value: [] })
      await stream.publish(event('command-1'), 0)
      const again = await stream.create()
      expect(again).toMatchObject({ ok: true, value: { firstSequence: 1, lastSequence: 1, messages: 1 } })
      expect(await stream.facts()).toEqual(again)
    })

    test('messages are read back byte for byte, in order, after any sequence', async () => {
      const { stream, events } = await filled(40)
      for (const [after, limit] of [
        [0, 100],
        [0, 7],
        [33, 100],
        [39, 5],
        [40, 5],
      ] as const) {
        const page = await stream.read(after, limit)
        const wanted = events.slice(after, after + limit)
        const read = page.ok ? page.value : []
        expect(read.map(({ sequence }) => sequence)).toEqual(wanted.map((_one, index) => after + index + 1))
        for (const [index, one] of wanted.entries()) {
          const { bytes, ...rest } = one
          expect(read[index]).toMatchObject(rest)
          expect(Buffer.from(read[index]!.bytes)).toEqual(Buffer.from(bytes))
        }
      }
    })

    test('only who names the last sequence is stored', async () => {
      const { stream } = await filled(3)
      for (const last of [0, 2, 4]) {
        expect(await stream.publish(event(`late-${last}`), last)).toMatchObject({
          ok: false,
          error: { type: 'wrong-last-sequence' },
        })
      }
      expect(await stream.publish(event('next'), 3)).toEqual(stored(4, false))
    })

    test('the same id again answers with the sequence that it has, also when the expectation is stale', async () => {
      const { stream, events } = await filled(3)
      expect(await stream.publish(events[0]!, 0)).toEqual(stored(1, true))
      expect(await stream.publish(events[2]!, 3)).toEqual(stored(3, true))
      expect(await stream.facts()).toMatchObject({ value: { lastSequence: 3 } })
    })

    test('of 20 who name the same last sequence one is stored', async () => {
      const { stream } = await filled(1)
      const answers = await Promise.all(Array.from({ length: 20 }, (_one, i) => stream.publish(event(`w${i}`), 1)))
      expect(answers.filter(({ ok }) => ok)).toEqual([stored(2, false)])
      const errors = answers.flatMap((answer) => (answer.ok ? [] : [answer.error.type]))
      expect(new Set(errors)).toEqual(new Set(['wrong-last-sequence']))
    })

    test('a watcher is woken by what another handle stores, and not after it stopped', async () => {
      const { stream, open } = await made()
      const other = await open()
      let woken = 0
      const watch = other.watch(() => void woken++)
      await stream.publish(event('one'), 0)
      await expect.poll(() => woken, { timeout: 20_000 }).toBeGreaterThan(0)
      watch.stop()
      const before = woken
      const heard = Promise.withResolvers<void>()
      const last = other.watch(heard.resolve)
      await stream.publish(event('two'), 1)
      await heard.promise
      last.stop()
      expect(woken).toBe(before)
    })

    test('a stream that was removed is missing, and the one made after it is another', async () => {
      const { stream } = await filled(2)
      const before = await stream.facts()
      expect(await stream.remove()).toMatchObject({ ok: true })
      expect(await stream.facts()).toMatchObject({ ok: false, error: { type: 'missing' } })
      expect(await stream.remove()).toMatchObject({ ok: true })
      const again = await stream.create()
      expect(again).toMatchObject({ ok: true, value: { lastSequence: 0, messages: 0 } })
      expect(again.ok && before.ok && again.value.created !== before.value.created).toBe(true)
      expect(await stream.publish(event('command-1'), 0)).toEqual(stored(1, false))
    })
  })
}

function stored(sequence: number, duplicate: boolean) {
  return { ok: true, value: { sequence, duplicate } }
}
