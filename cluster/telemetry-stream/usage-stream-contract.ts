// The suite that every usage stream passes. `open` gives an empty stream.
import { afterEach, describe, expect, test } from 'vitest'
import type { PartitionFeed, UsageStream } from './usage-stream.ts'

export interface OpenedUsageStream {
  stream: UsageStream
  close(): Promise<void>
}

export function usageStreamContract(name: string, open: () => Promise<OpenedUsageStream>): void {
  describe(`usage stream (${name})`, () => {
    let opened: OpenedUsageStream | undefined
    let feeds: PartitionFeed[] = []
    afterEach(async () => {
      for (const feed of feeds) feed.close()
      feeds = []
      await opened?.close()
      opened = undefined
    })
    const fresh = async (): Promise<UsageStream> => {
      opened = await open()
      return opened.stream
    }
    const feedOf = async (stream: UsageStream, partition: number, after = 0): Promise<PartitionFeed> => {
      const feed = await stream.openFeed(partition, after)
      if (!feed.ok) throw new Error(feed.error.message)
      feeds.push(feed.value)
      return feed.value
    }

    test('a partition is read in order from any place, apart from others', async () => {
      const stream = await fresh()
      for (let n = 0; n < 30; n++) await publish(stream, n % 2, `m${n}`)
      const all = await readAll(await feedOf(stream, 1))
      expect(all.map(({ text }) => text)).toEqual(Array.from({ length: 15 }, (_, n) => `m${2 * n + 1}`))
      const rest = await readAll(await feedOf(stream, 1, all[9]!.sequence))
      expect(rest).toEqual(all.slice(10))
      expect(await readAll(await feedOf(stream, 7))).toEqual([])
    })

    test('who waits is woken by what comes, and told that nothing came', async () => {
      const stream = await fresh()
      const feed = await feedOf(stream, 3)
      const waiting = feed.next(5_000)
      await publish(stream, 3, 'late')
      expect(await waiting).toMatchObject({ ok: true, value: { messages: [{}] } })
      expect(await feed.next(100)).toEqual({ ok: true, value: { messages: [], isAtEnd: true } })
    })

    test('a message comes with its id and its sender', async () => {
      const stream = await fresh()
      await publish(stream, 4, 'm')
      const page = await (await feedOf(stream, 4)).next(5_000)
      expect(page).toMatchObject({ ok: true, value: { messages: [{ id: 'id-m', sender: 'node=2e4' }] } })
    })

    test('the same id is stored once', async () => {
      const stream = await fresh()
      await publish(stream, 2, 'a')
      await publish(stream, 2, 'a')
      expect(await readAll(await feedOf(stream, 2))).toHaveLength(1)
    })

    test('it says what it holds and since when, and forgets what it is told to', async () => {
      const stream = await fresh()
      const empty = await factsOf(stream)
      expect(empty.lastSequence).toBe(0)
      expect([empty.firstAtMs, empty.lastAtMs]).toEqual([undefined, undefined])
      for (let n = 0; n < 4; n++) await publish(stream, 2, `m${n}`)
      const [, second, , last] = await readAll(await feedOf(stream, 2))
      const facts = await factsOf(stream)
      expect(facts).toMatchObject({ firstSequence: 1, lastSequence: 4, created: empty.created })
      expect(facts.lastAtMs).toBe(last!.storedAtMs)
      expect(facts.bytes).toBeGreaterThan(0)
      expect(await stream.storedAtMs(2)).toEqual({ ok: true, value: second!.storedAtMs })
      expect(await stream.storedAtMs(9)).toEqual({ ok: true, value: undefined })
      await stream.trim(3)
      expect(await factsOf(stream)).toMatchObject({ firstSequence: 3, lastSequence: 4 })
      expect(await stream.storedAtMs(2)).toEqual({ ok: true, value: undefined })
      expect((await readAll(await feedOf(stream, 2))).map(({ text }) => text)).toEqual(['m2', 'm3'])
    })

    test('a backlog of many messages comes through whole', async () => {
      const stream = await fresh()
      const texts = Array.from({ length: 500 }, (_, n) => `${n}`)
      await Promise.all(texts.map((text) => publish(stream, 5, text, 3_000)))
      const read = await readAll(await feedOf(stream, 5))
      expect(read.map(({ text }) => text).sort()).toEqual(texts.toSorted())
      expect(read.map(({ sequence }) => sequence)).toEqual(
        read.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
      )
    })
  })
}

async function publish(stream: UsageStream, partition: number, text: string, size = 0): Promise<void> {
  const bytes = new TextEncoder().encode(text.padEnd(size))
  const outcome = await stream.publish({ partition, node: `node.${partition}`, id: `id-${text}`, bytes })
  expect(outcome).toMatchObject({ ok: true })
}

async function readAll(feed: PartitionFeed): Promise<{ sequence: number; storedAtMs: number; text: string }[]> {
  const read: { sequence: number; storedAtMs: number; text: string }[] = []
  for (;;) {
    const page = await feed.next(100)
    if (!page.ok) throw new Error(page.error.message)
    for (const { sequence, storedAtMs, bytes } of page.value.messages) {
      read.push({ sequence, storedAtMs, text: new TextDecoder().decode(bytes).trimEnd() })
    }
    if (page.value.isAtEnd) return read
  }
}

async function factsOf(stream: UsageStream) {
  const facts = await stream.facts()
  if (!facts.ok) throw new Error(facts.error.message)
  return facts.value
}
