// The suite that every store of budgets passes. `open` gives the views that several processes have of one empty store.
import { afterEach, describe, expect, test } from 'vitest'
import type { LedgerStore } from './ledger-store.ts'

export interface OpenedLedgerStore {
  readonly stores: readonly [LedgerStore, ...LedgerStore[]]
  close(): Promise<void>
}

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value)

async function versionOf(store: LedgerStore, table: string): Promise<number> {
  const found = await store.read(table)
  if (!found.ok) throw new Error(found.error.message)
  return found.value.version
}

export function ledgerStoreContract(name: string, open: () => Promise<OpenedLedgerStore>): void {
  describe(`store of budgets (${name})`, () => {
    let opened: OpenedLedgerStore | undefined
    afterEach(async () => {
      await opened?.close()
      opened = undefined
    })
    const fresh = async () => {
      opened = await open()
      return opened.stores
    }

    test('what nobody wrote is absent, and what was written is read by everybody', async () => {
      const stores = await fresh()
      const [first] = stores
      const last = stores.at(-1) ?? first
      expect(await first.read('1')).toMatchObject({ ok: true, value: { value: undefined } })
      const written = await first.write('1', bytes('one'), await versionOf(first, '1'))
      expect(written.ok).toBe(true)
      const found = await last.read('1')
      expect(found.ok && textOf(found.value.value)).toBe('one')
      expect(await last.read('2')).toMatchObject({ ok: true, value: { value: undefined } })
      const again = await first.write('1', bytes('two'), written.ok ? written.value : -1)
      expect(again.ok).toBe(true)
    })

    test('a write that knows an older version changes nothing', async () => {
      const [store] = await fresh()
      const before = await versionOf(store, '1')
      await store.write('1', bytes('one'), before)
      expect(await store.write('1', bytes('two'), before)).toMatchObject({ ok: false, error: { type: 'refused' } })
      const found = await store.read('1')
      expect(found.ok && textOf(found.value.value)).toBe('one')
    })

    test('of many who write at once one succeeds', async () => {
      const stores = await fresh()
      for (let round = 0; round < 5; round++) {
        const version = await versionOf(stores[0], '1')
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, n) =>
            (stores[n % stores.length] ?? stores[0]).write('1', bytes(`n${n}`), version),
          ),
        )
        expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1)
        const found = await stores[0].read('1')
        expect(found.ok && textOf(found.value.value)).toBe(`n${outcomes.findIndex(({ ok }) => ok)}`)
      }
    })

    test('tables do not disturb one another for long', async () => {
      const stores = await fresh()
      const add = async (store: LedgerStore, table: string) => {
        for (;;) {
          const found = await store.read(table)
          if (!found.ok) throw new Error(found.error.message)
          const count = Number(textOf(found.value.value) ?? 0)
          if ((await store.write(table, bytes(String(count + 1)), found.value.version)).ok) return
        }
      }
      await Promise.all(Array.from({ length: 40 }, (_, n) => add(stores[n % stores.length] ?? stores[0], `${n % 4}`)))
      const counts = await Promise.all(['0', '1', '2', '3'].map((table) => stores[0].read(table)))
      expect(counts.map((found) => found.ok && textOf(found.value.value))).toEqual(['10', '10', '10', '10'])
    })
  })
}
