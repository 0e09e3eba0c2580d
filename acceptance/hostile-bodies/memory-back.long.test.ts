// The memory that bodies of 64 MiB take, from one key and in any mixture, and what is left of it a minute later.
import { describe, expect, test } from 'vitest'
import { sleep } from '../until.ts'
import { corpus, type HostileBody } from './corpus.ts'
import { type HostileRig, startHostileRig } from './hostile-rig.ts'

const bytes = 63 << 20
const totalBytes = 3 * 2 ** 30
const senders = 8
const peakMbMax = 1_500
const leftMbMax = 50
const warmMs = 10_000
const backMs = 60_000

const named = (pattern: RegExp) => corpus.filter(({ name }) => pattern.test(name))
const mixes: readonly (readonly [name: string, bodies: readonly HostileBody[]])[] = [
  ['that pass through', named(/^chat: (one long text|messages of a paragraph|a picture)$/)],
  ['that are translated', named(/^chat, translated: (one long text|messages of a paragraph|a picture)/)],
  ['of the Responses API', named(/^\/v1\/responses/)],
  ['of forms and files', named(/^\/v1\/(files|audio)/)],
  ['of every kind', corpus],
]

describe.each(mixes)('bodies %s', (_, bodies) => {
  test(`take at most ${peakMbMax} MiB in all, and leave at most ${leftMbMax} a minute later`, async () => {
    const rig = await startHostileRig()
    try {
      // The other team's requests warm it up.
      await sleep(warmMs)
      const beforeMb = rig.residentMb()
      const peakMb = await peakDuring(rig, () => sendAll(rig, bodies))
      await sleep(backMs)
      const leftMb = rig.residentMb() - beforeMb
      process.stdout.write(`before ${mb(beforeMb)}, most ${mb(peakMb)}, a minute later ${mb(leftMb)} more\n`)
      expect(peakMb).toBeLessThanOrEqual(peakMbMax)
      expect(leftMb).toBeLessThanOrEqual(leftMbMax)
      expect((await rig.heard()).others).toEqual({})
    } finally {
      await rig.stop()
    }
  })
})

async function sendAll(rig: HostileRig, bodies: readonly HostileBody[]): Promise<void> {
  let sentBytes = 0
  let next = 0
  const made = new Map<HostileBody, Buffer>()
  const send = async () => {
    while (sentBytes < totalBytes) {
      const hostile = bodies[next++ % bodies.length]!
      const body = made.get(hostile) ?? hostile.make(bytes)
      // So many bodies of full size would not fit this process.
      if (bodies.length < 8) made.set(hostile, body)
      sentBytes += body.length
      const { status } = await rig.send(hostile, body)
      if (status >= 500) await sleep(50)
    }
  }
  await Promise.all(Array.from({ length: senders }, send))
}

/** The most resident memory while something runs. */
async function peakDuring(rig: HostileRig, run: () => Promise<void>): Promise<number> {
  let peakMb = 0
  const timer = setInterval(() => {
    peakMb = Math.max(peakMb, rig.residentMb())
  }, 50)
  await run()
  clearInterval(timer)
  return peakMb
}

function mb(value: number): string {
  return `${Math.round(value)} MiB`
}
