// The suite that every key store passes.
import { describe, expect, test } from 'vitest'
import type { KeyStore, KeyUse } from './key-store.ts'

/** `open` may be called again: the second handle sees what the first one stored. */
export type PrepareKeys = () => Promise<{ open(): Promise<KeyStore>; dispose?(): Promise<void> }>

export function keyStoreContract(name: string, prepare: PrepareKeys): void {
  describe(`${name} key store`, () => {
    async function given() {
      const { open, dispose } = await prepare()
      return { open, store: await open(), dispose: async () => dispose?.() }
    }

    test('an owner keeps its key, also for another handle', async () => {
      const { open, store, dispose } = await given()
      const key = await store.ensure('provider:a', unowned(4))
      expect(key).toMatchObject({ ok: true, value: { bytes: { byteLength: 32 }, madeFor: 5 } })
      expect(await (await open()).ensure('provider:a', owned(9))).toEqual(key)
      expect((await open()).find('provider:a')).toEqual(key)
      await dispose()
    })

    test('two owners have two keys, whatever they are called', async () => {
      const { store, dispose } = await given()
      const names = ['a', 'b', '__proto__', 'constructor', 'ü/💧 *>.']
      const texts = new Set<string>()
      for (const owner of names) texts.add(textOf(await store.ensure(owner, unowned(0))))
      expect(texts.size).toBe(5)
      for (const owner of names) expect(texts).toContain(textOf(store.find(owner)))
      const owners = store.owners()
      expect(owners.ok && owners.value.toSorted()).toEqual(names.toSorted())
      await dispose()
    })

    test('a forgotten owner has no key, and a new one later', async () => {
      const { open, store, dispose } = await given()
      const before = textOf(await store.ensure('a', unowned(0)))
      expect(await store.forget('a', 3)).toEqual({ ok: true, value: true })
      expect(await store.forget('a', 3)).toEqual({ ok: true, value: false })
      expect(store.find('a')).toEqual({ ok: true, value: undefined })
      expect(store.owners()).toEqual({ ok: true, value: [] })
      expect((await open()).find('a')).toEqual({ ok: true, value: undefined })
      expect(textOf(await store.ensure('a', unowned(3)))).not.toBe(before)
      await dispose()
    })

    test('a handle that was open before finds the key of a new owner', async () => {
      const { open, store, dispose } = await given()
      const reader = await open()
      expect(reader.find('a')).toEqual({ ok: true, value: undefined })
      const key = await store.ensure('a', unowned(0))
      await expect.poll(() => reader.find('a')).toEqual(key)
      await dispose()
    })

    test('a key whose event may still be on its way is neither forgotten nor replaced', async () => {
      const { store, dispose } = await given()
      const key = await store.ensure('a', unowned(4))
      expect(await store.forget('a', 4)).toEqual({ ok: true, value: false })
      expect(await store.ensure('a', unowned(4))).toEqual(key)
      expect(store.find('a')).toEqual(key)
      await dispose()
    })

    test('a key of which no event came is replaced for the next who bears the name', async () => {
      const { store, dispose } = await given()
      const before = await store.ensure('a', unowned(4))
      const after = await store.ensure('a', unowned(5))
      expect(after).toMatchObject({ ok: true, value: { madeFor: 6 } })
      expect(textOf(after)).not.toBe(textOf(before))
      expect(store.find('a')).toEqual(after)
      await dispose()
    })
  })
}

export function unowned(revision: number): KeyUse {
  return { revision, isOwned: false }
}

export function owned(revision: number): KeyUse {
  return { revision, isOwned: true }
}

/** Returns the key in hex; throws on a refusal, which is a bug of the test. */
export function textOf(found: ReturnType<KeyStore['find']>): string {
  if (!found.ok) throw new Error(found.error.message)
  return Buffer.from(found.value?.bytes ?? []).toString('hex')
}
