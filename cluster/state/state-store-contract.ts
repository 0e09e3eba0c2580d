// The suite that every state store passes. `open` gives stores that share one new storage, as the proxies of a cluster
// do; `pass` lets time go by.
import { afterEach, describe, expect, test } from 'vitest'
import { bounds } from '../../shared/bounds.ts'
import type { StateStore } from './state-store.ts'

export interface OpenedState {
  stores: [StateStore, ...StateStore[]]
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export interface OpenStateOptions {
  ageMsMax?: number
  bytesMax?: number
}

export function stateStoreContract(name: string, open: (options: OpenStateOptions) => Promise<OpenedState>): void {
  describe(`state (${name})`, () => {
    let opened: OpenedState | undefined
    afterEach(async () => {
      await opened?.close()
      opened = undefined
    })
    const fresh = async (options: OpenStateOptions = {}): Promise<OpenedState> => {
      opened = await open(options)
      return opened
    }
    const key = { owner: 'team:a', id: 'resp_1' }
    const value = Buffer.from('a value\n\u0000 of bytes')
    const absent = { ok: true, value: undefined }
    const read = async (store: StateStore, one = key) => {
      const found = await store.get(one)
      return found.ok ? found.value && Buffer.from(found.value) : found
    }

    test('what nobody wrote is absent; what one proxy has written every other one reads at once', async () => {
      const { stores } = await fresh()
      expect(await stores[0].get(key)).toEqual(absent)
      for (let n = 0; n < 20; n++) {
        const one = { ...key, id: `resp_${n}` }
        expect(await stores[n % stores.length]!.put(one, value)).toEqual({ ok: true, value: undefined })
        for (const store of stores) expect(await read(store, one)).toEqual(value)
      }
    })

    test('under another owner, or another id, nothing is found and nothing deleted', async () => {
      const { stores } = await fresh()
      await stores[0].put(key, value)
      for (const other of [
        { ...key, owner: 'team:b' },
        { ...key, id: 'resp_2' },
        { owner: 'team:aresp_', id: '1' },
      ]) {
        expect(await stores[0].get(other)).toEqual(absent)
        expect(await stores[0].delete(other)).toEqual({ ok: true, value: false })
      }
      expect(await read(stores[0])).toEqual(value)
    })

    test('an entry is written once', async () => {
      const { stores } = await fresh()
      await stores[0].put(key, value)
      const again = await stores.at(-1)!.put(key, Buffer.from('other'))
      expect(again).toEqual({ ok: false, error: { type: 'taken' } })
      expect(await read(stores[0])).toEqual(value)
      const large = { ...key, id: 'resp_large' }
      const first = Buffer.alloc(2 << 20, 'a')
      await stores[0].put(large, first)
      for (const other of [Buffer.alloc(2 << 20, 'b'), Buffer.from('b')]) {
        expect(await stores.at(-1)!.put(large, other)).toEqual({ ok: false, error: { type: 'taken' } })
        expect(Buffer.compare((await read(stores[0], large)) as Buffer, first)).toBe(0)
      }
    })

    test('what is deleted is gone for everybody, and may be written anew', async () => {
      const { stores } = await fresh()
      await stores[0].put(key, value)
      expect(await stores.at(-1)!.delete(key)).toEqual({ ok: true, value: true })
      for (const store of stores) expect(await store.get(key)).toEqual(absent)
      expect(await stores[0].delete(key)).toEqual({ ok: true, value: false })
      expect(await stores[0].put(key, value)).toMatchObject({ ok: true })
    })

    test('all that an owner has is forgotten at once, and nothing of anybody else', async () => {
      const { stores } = await fresh()
      const large = Buffer.alloc(2 << 20, 'a')
      const ours = ['resp_1', 'resp_2', 'resp_3'].map((id) => ({ ...key, id }))
      for (const one of ours) await stores[0].put(one, one.id === 'resp_2' ? large : value)
      const theirs = ['team:b', 'team:a2', 'team:'].map((owner) => ({ owner, id: 'resp_1' }))
      for (const one of theirs) await stores[0].put(one, value)
      expect(await stores.at(-1)!.forget(key.owner)).toEqual({ ok: true, value: 3 })
      for (const one of ours) for (const store of stores) expect(await store.get(one)).toEqual(absent)
      for (const one of theirs) expect(await read(stores[0], one)).toEqual(value)
      expect(await stores[0].forget(key.owner)).toEqual({ ok: true, value: 0 })
      expect(await stores[0].put(key, value)).toMatchObject({ ok: true })
    })

    test('an entry of an earlier release is read and deleted where it lies, and is no entry of this one', async () => {
      const { stores } = await fresh()
      const former = { ...key, former: true as const }
      await stores[0].put(former, value)
      expect(await read(stores.at(-1)!, former)).toEqual(value)
      expect(await stores[0].get(key)).toEqual(absent)
      expect(await stores[0].forget(key.owner)).toEqual({ ok: true, value: 0 })
      expect(await stores[0].delete(former)).toEqual({ ok: true, value: true })
    })

    test('values of any size up to the limit come back as they were; larger ones are refused', async () => {
      const { stores } = await fresh()
      // Sealing adds up to 64 bytes.
      const largest = bounds.stateEntryBytesMax - 64
      for (const bytes of [0, 1, 512 << 10, (512 << 10) + 1, (3 << 20) + 7, largest]) {
        const large = Buffer.alloc(bytes, 'ab\u00e9')
        const one = { ...key, id: `size_${bytes}` }
        expect(await stores[0].put(one, large)).toMatchObject({ ok: true })
        expect((await read(stores.at(-1)!, one)) as Buffer).toHaveLength(bytes)
        expect(Buffer.compare((await read(stores.at(-1)!, one)) as Buffer, large)).toBe(0)
      }
      const refused = await stores[0].put(key, Buffer.alloc(bounds.stateEntryBytesMax + 1))
      expect(refused).toMatchObject({ ok: false, error: { type: 'too-large' } })
      expect(await stores[0].get(key)).toEqual(absent)
    })

    test('an entry is gone when its time is over', async () => {
      const { stores, pass } = await fresh({ ageMsMax: 2_000 })
      await stores[0].put(key, value)
      expect(await read(stores[0])).toEqual(value)
      await pass(2_100)
      for (const store of stores) expect(await store.get(key)).toEqual(absent)
    })

    test('a store that is full refuses and keeps what it has', async () => {
      const { stores } = await fresh({ bytesMax: 2 << 20 })
      const large = Buffer.alloc(400 << 10, 'x')
      const kept: string[] = []
      let refused: unknown
      for (let n = 0; n < 8 && refused === undefined; n++) {
        const put = await stores[0].put({ ...key, id: `resp_${n}` }, large)
        if (put.ok) kept.push(`resp_${n}`)
        else refused = put.error
      }
      expect(refused).toEqual({ type: 'full' })
      expect(kept.length).toBeGreaterThan(2)
      for (const id of kept) expect(Buffer.compare((await read(stores[0], { ...key, id })) as Buffer, large)).toBe(0)
    })
  })
}
