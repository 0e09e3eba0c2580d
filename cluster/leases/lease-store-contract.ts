// The suite that every lease store passes. `open` gives the views that several nodes have of one store which was never
// written.
import { afterEach, describe, expect, test } from 'vitest'
import type { LeaseStore } from './lease-store.ts'

export interface OpenedLeaseStore {
  stores: [LeaseStore, ...LeaseStore[]]
  close(): Promise<void>
}

export function leaseStoreContract(name: string, open: () => Promise<OpenedLeaseStore>): void {
  describe(`lease store (${name})`, () => {
    let opened: OpenedLeaseStore | undefined
    afterEach(async () => {
      await opened?.close()
      opened = undefined
    })
    const fresh = async (): Promise<LeaseStore> => {
      opened = await open()
      return opened.stores[0]
    }
    const value = { owner: 'node-1/boot', epoch: 3, beat: 1 }

    test('what nobody wrote is absent, and what was written is read with its sequence', async () => {
      const store = await fresh()
      expect(await store.read('partition-1')).toEqual({ ok: true, value: undefined })
      const written = await store.write('partition-1', value, 0)
      const sequence = written.ok ? written.value : 0
      expect(sequence).toBeGreaterThan(0)
      expect(await store.read('partition-1')).toEqual({ ok: true, value: { ...value, sequence } })
      expect(await store.read('partition-2')).toEqual({ ok: true, value: undefined })
    })

    test('a write that expects another one changes nothing', async () => {
      const store = await fresh()
      const first = await store.write('a', value, 0)
      const sequence = first.ok ? first.value : 0
      await store.write('b', value, 0)
      for (const expected of [0, sequence - 1, sequence + 1]) {
        expect(await store.write('a', { ...value, owner: 'other' }, expected)).toEqual({
          ok: false,
          error: { type: 'refused' },
        })
      }
      expect(await store.read('a')).toEqual({ ok: true, value: { ...value, sequence } })
      expect(await store.write('a', { ...value, beat: 2 }, sequence)).toMatchObject({ ok: true })
    })

    test('many who write different leases at once all succeed', async () => {
      await fresh()
      const { stores } = opened!
      const writes = Array.from({ length: 16 }, (_, n) => stores[n % stores.length]!.write(`lease-${n}`, value, 0))
      expect((await Promise.all(writes)).filter(({ ok }) => !ok)).toEqual([])
    })

    test('of many who write at once one succeeds', async () => {
      const store = await fresh()
      const { stores } = opened!
      for (let round = 0; round < 5; round++) {
        const before = await store.read('contended')
        const expected = before.ok ? (before.value?.sequence ?? 0) : -1
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            stores[n % stores.length]!.write('contended', { ...value, owner: `n${n}` }, expected),
          ),
        )
        const won = outcomes.findIndex((outcome) => outcome.ok)
        expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1)
        expect(await store.read('contended')).toMatchObject({ ok: true, value: { owner: `n${won}` } })
      }
    })
  })
}
