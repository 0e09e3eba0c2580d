// What every key store does.
import { expect, test } from 'vitest'
import type { KeyStore } from './key-store.ts'

/** `open` may be called again: a second handle sees what the first one stored. */
export function keyStoreContract(name: string, prepare: () => { open(): KeyStore }): void {
  test(`${name}: an owner keeps its key, also for another handle`, () => {
    const { open } = prepare()
    const key = open().ensure('provider/a')
    expect(key).toMatchObject({ ok: true, value: { byteLength: 32 } })
    expect(open().ensure('provider/a')).toEqual(key)
    expect(open().find('provider/a')).toEqual(key)
  })

  test(`${name}: two owners have two keys, whatever they are called`, () => {
    const store = prepare().open()
    const keys = ['a', 'b', '__proto__', 'constructor', 'ü/💧'].map((owner) => store.ensure(owner))
    const texts = keys.map((key) => (key.ok ? Buffer.from(key.value).toString('hex') : ''))
    expect(new Set(texts).size).toBe(5)
    expect(store.find('__proto__')).toEqual(keys[2])
    const owners = store.owners()
    expect(owners.ok && owners.value.toSorted()).toEqual(['__proto__', 'a', 'b', 'constructor', 'ü/💧'])
  })

  test(`${name}: a forgotten owner has no key, and a new one later`, () => {
    const { open } = prepare()
    const store = open()
    const before = store.ensure('a')
    expect(store.forget('a')).toEqual({ ok: true, value: true })
    expect(store.forget('a')).toEqual({ ok: true, value: false })
    expect(store.find('a')).toEqual({ ok: true, value: undefined })
    expect(store.owners()).toEqual({ ok: true, value: [] })
    expect(open().find('a')).toEqual({ ok: true, value: undefined })
    expect(store.ensure('a')).not.toEqual(before)
  })

  test(`${name}: a handle that was open before finds the key of a new owner`, () => {
    const { open } = prepare()
    const [writer, reader] = [open(), open()]
    expect(reader.find('a')).toEqual({ ok: true, value: undefined })
    const key = writer.ensure('a')
    expect(reader.find('a')).toEqual(key)
  })
}
