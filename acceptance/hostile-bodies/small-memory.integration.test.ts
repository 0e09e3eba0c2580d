// A gateway with 512 MB is sent hostile bodies of every kind and size, several at a time: no input ends it, and the small
// requests of another team are answered all along.
import { describe, expect, test } from 'vitest'
import { openMemoryGroup } from '../control-group.ts'
import { until } from '../until.ts'
import { corpus } from './corpus.ts'
import { type HostileRig, startHostileRig } from './hostile-rig.ts'

const seconds = Number(process.env['HOSTILE_SECONDS'] ?? 6)
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const senders = 6
const bytesMax = 60 << 20
const limitBytes = 512 << 20

const variants: readonly (readonly [name: string, start: () => Promise<HostileRig>])[] = [
  ['HEADGATE_MEMORY_MAX', () => startHostileRig({ environment: { HEADGATE_MEMORY_MAX: '512MiB' } })],
  [
    'a heap that the operator set',
    () => startHostileRig({ environment: { NODE_OPTIONS: '--max-old-space-size=512' } }),
  ],
]

describe.each(variants)('512 MB by %s', (_, start) => {
  test('hostile bodies end nothing, and the other team is served', async () => {
    const rig = await start()
    try {
      await survives(rig)
    } finally {
      await rig.stop()
    }
  })
})

test('512 MB by the kernel: hostile bodies end nothing, and the other team is served', async (context) => {
  const group = openMemoryGroup(limitBytes)
  if (group === undefined) return context.skip('no control group may be made here')
  const rig = await startHostileRig({ groupFile: group.membersFile })
  try {
    await survives(rig)
  } finally {
    await rig.stop()
    await until(() => isRemoved(group.remove), 10_000)
  }
})

async function survives(rig: HostileRig): Promise<void> {
  const { gateway } = rig
  const chance = chanceFrom(seed)
  const answers: Record<string, number> = {}
  const untilMs = performance.now() + seconds * 1_000
  await rig.heard()
  const send = async () => {
    while (performance.now() < untilMs && gateway.exitCode === null) {
      const hostile = corpus[Math.floor(chance() * corpus.length)]!
      const bytes = (1 << 20) + Math.floor(chance() ** 2 * (bytesMax - (1 << 20)))
      const { status } = await rig.send(hostile, hostile.make(bytes))
      answers[status] = (answers[status] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: senders }, send))
  const { waitsMs, others } = await rig.heard()
  process.stdout.write(`SEED=${seed}: ${JSON.stringify(answers)}, ${Math.round(rig.residentMb())} MiB resident, `)
  process.stdout.write(`${waitsMs.length} small answers, the latest after ${Math.round(Math.max(...waitsMs))} ms\n`)
  expect(gateway.exitCode, gateway.output().slice(-2_000)).toBeNull()
  expect(
    gateway
      .output()
      .split('\n')
      .filter((line) => /FATAL|handler-threw|is started again/.test(line))
      .slice(0, 3),
  ).toEqual([])
  expect(answers['200'] ?? 0).toBeGreaterThan(0)
  expect([answers['500'], others]).toEqual([undefined, {}])
}

/** Numbers from 0 to 1 that follow from the seed. */
function chanceFrom(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function isRemoved(remove: () => void): boolean {
  try {
    remove()
    return true
  } catch {
    return false
  }
}
