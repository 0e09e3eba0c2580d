// The suite that every stream of data keys passes.
import { afterEach, describe, expect, test } from 'vitest'
import type { KeyStream } from './key-stream.ts'

/** `open` may be called again: each handle is the one of another node. */
export type PrepareKeyStream = () => Promise<{ open(): Promise<KeyStream>; dispose?(): Promise<void> }>

export function keyStreamContract(name: string, prepare: PrepareKeyStream): void {
  describe(`${name} stream of data keys`, () => {
    const cleanup: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const clean of cleanup.splice(0).reverse()) await clean()
    })

    async function given() {
      const { open, dispose } = await prepare()
      if (dispose !== undefined) cleanup.push(dispose)
      const another = async () => {
        const stream = await open()
        cleanup.push(() => stream.close())
        return stream
      }
      return { stream: await another(), another }
    }

    test('it is missing until it is made, and made once', async () => {
      const { stream, another } = await given()
      expect(await stream.last('a')).toMatchObject({ ok: false, error: { type: 'missing' } })
      expect(await stream.create()).toEqual({ ok: true, value: undefined })
      await stream.put('a', bytes('one'), 0)
      expect(await (await another()).create()).toEqual({ ok: true, value: undefined })
      expect(await stream.last('a')).toMatchObject({ ok: true, value: { sequence: 1 } })
    })

    test('of each owner the newest message is there, whatever it is called', async () => {
      const { stream, another } = await given()
      await stream.create()
      const owners = ['provider:a', 'provider:a.b', '*', '>', 'ü 💧', '__proto__', 'x'.repeat(200)]
      for (const [index, owner] of owners.entries()) {
        expect(await stream.put(owner, bytes(`${owner} 1`), 0)).toEqual({ ok: true, value: index + 1 })
      }
      expect(await stream.put('*', bytes('* 2'), 3)).toEqual({ ok: true, value: owners.length + 1 })
      const reader = await another()
      for (const owner of owners) expect(textOf(await reader.last(owner))).toBe(owner === '*' ? '* 2' : `${owner} 1`)
      expect(await reader.last('nobody')).toEqual({ ok: true, value: undefined })
    })

    test('all of it is read in the order in which it was stored', async () => {
      const { stream } = await given()
      await stream.create()
      expect(await stream.next(0)).toEqual({ ok: true, value: undefined })
      for (const owner of ['a', 'b', 'c']) await stream.put(owner, bytes(owner), 0)
      await stream.put('b', bytes('b again'), 2)
      const texts: string[] = []
      for (let after = 0; ; ) {
        const message = await stream.next(after)
        if (!message.ok || message.value === undefined) break
        texts.push(textOf(message))
        after = message.value.sequence
      }
      expect(texts).toEqual(['a', 'c', 'b again'])
    })

    test('of ten who replace the same message one wins', async () => {
      const { stream } = await given()
      await stream.create()
      for (const sequence of [0, 1]) {
        const tries = Array.from({ length: 10 }, (_one, index) => stream.put('a', bytes(`${index}`), sequence))
        const answers = await Promise.all(tries)
        const won = answers.filter((answer) => answer.ok)
        expect(won).toEqual([{ ok: true, value: sequence + 1 }])
        for (const answer of answers) if (!answer.ok) expect(answer.error.type).toBe('conflict')
      }
    })

    test('whoever watches hears what is stored', async () => {
      const { stream, another } = await given()
      await stream.create()
      const watcher = await another()
      const heard: string[] = []
      let reachable = 0
      watcher.watch({ stored: (data) => heard.push(Buffer.from(data).toString()), reachable: () => reachable++ })
      await expect.poll(() => reachable).toBeGreaterThan(0)
      await expect
        .poll(async () => {
          const last = await stream.last('a')
          await stream.put('a', bytes('hello'), last.ok ? (last.value?.sequence ?? 0) : 0)
          return heard
        })
        .toContain('hello')
    })
  })
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function textOf(found: Awaited<ReturnType<KeyStream['last']>>): string {
  if (!found.ok) throw new Error(found.error.message)
  return Buffer.from(found.value?.bytes ?? []).toString()
}
