// The suite that every bus passes. `open` gives two ends of one bus: the same object twice for an in-process adapter,
// two threads or two connections for the others.
import { afterEach, describe, expect, test } from 'vitest'
import { type Bus, decodeJson, encodeJson } from './bus.ts'

export function busContract(name: string, open: () => Promise<{ near: Bus; far: Bus; close(): Promise<void> }>): void {
  describe(`bus (${name})`, () => {
    let opened: Awaited<ReturnType<typeof open>> | undefined
    afterEach(async () => {
      await opened?.close()
      opened = undefined
    })
    const both = async () => {
      opened = await open()
      return opened
    }

    test('a message reaches every subscriber of its subject, and nobody else', async () => {
      const { near, far } = await both()
      const got: string[] = []
      far.subscribe('a.b', (payload) => got.push(`far ${JSON.stringify(decodeJson(payload))}`))
      near.subscribe('a.*', (payload, subject) => got.push(`near ${subject} ${JSON.stringify(decodeJson(payload))}`))
      far.subscribe('a.c', () => got.push('wrong'))
      await settled()
      near.publish('a.b', encodeJson({ n: 1 }))
      await until(() => got.length === 2)
      expect(got.sort()).toEqual(['far {"n":1}', 'near a.b {"n":1}'])
    })

    test('messages of one publisher arrive in the order they were sent', async () => {
      const { near, far } = await both()
      const got: unknown[] = []
      far.subscribe('n', (payload) => got.push(decodeJson(payload)))
      await settled()
      for (let n = 0; n < 200; n++) near.publish('n', encodeJson(n))
      await until(() => got.length === 200)
      expect(got).toEqual(Array.from({ length: 200 }, (_, n) => n))
    })

    test('a subscription that stopped hears nothing more', async () => {
      const { near, far } = await both()
      let heard = 0
      const subscription = far.subscribe('s', () => heard++)
      await settled()
      near.publish('s', encodeJson(1))
      await until(() => heard === 1)
      subscription.stop()
      await settled()
      near.publish('s', encodeJson(2))
      await settled()
      expect(heard).toBe(1)
    })

    test('a request is answered by whoever serves its subject', async () => {
      const { near, far } = await both()
      far.serve('double', (payload) => encodeJson(2 * (decodeJson(payload) as number)))
      await settled()
      const answer = await near.request('double', encodeJson(21), 2_000)
      expect(answer.ok && decodeJson(answer.value)).toBe(42)
    })

    test('a throw in the answer is told to the asker', async () => {
      const { near, far } = await both()
      far.serve('broken', () => {
        throw new Error('out of order')
      })
      await settled()
      const answer = await near.request('broken', encodeJson({}), 2_000)
      expect(answer).toEqual({ ok: false, error: { type: 'failed', message: 'out of order' } })
    })

    test('a request that nobody serves ends within its time', async () => {
      const { near } = await both()
      const answer = await near.request('nobody', encodeJson({}), 50)
      expect(answer).toMatchObject({ ok: false, error: { type: 'no-answer', subject: 'nobody' } })
      if (!answer.ok && answer.error.type === 'no-answer') expect(answer.error.afterMs).toBeLessThanOrEqual(50)
    })

    test('a request that is not answered in time ends after it', async () => {
      const { near, far } = await both()
      far.serve('slow', () => new Promise(() => {}))
      await settled()
      const answer = await near.request('slow', encodeJson({}), 50)
      expect(answer).toEqual({ ok: false, error: { type: 'no-answer', subject: 'slow', afterMs: 50 } })
    })

    test('an answer may be larger than a message', async () => {
      const { near, far } = await both()
      far.serve('large', (payload) => new Uint8Array(decodeJson(payload) as number).fill(7))
      await settled()
      const answer = await near.request('large', encodeJson(3_000_000), 5_000)
      expect(answer.ok && answer.value.length).toBe(3_000_000)
      expect(answer.ok && answer.value.every((byte) => byte === 7)).toBe(true)
    })

    test('a request to one of several by name is answered by that one', async () => {
      const { near, far } = await both()
      far.serve('who.b', () => encodeJson('far'))
      near.serve('who.a', () => encodeJson('near'))
      await settled()
      const answers = await Promise.all(
        ['who.a', 'who.b'].map((subject) => near.request(subject, encodeJson({}), 2_000)),
      )
      expect(answers.map((answer) => answer.ok && decodeJson(answer.value))).toEqual(['near', 'far'])
    })
  })
}

/** Waits long enough for a subscription to be known on the other side. */
function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 60))
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(holds()).toBe(true)
}
