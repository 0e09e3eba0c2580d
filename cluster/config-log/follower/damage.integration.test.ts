// One or two of the files of a node are damaged, at a place drawn from a seed. Afterwards the newest acknowledged state
// is served, or nothing; never an older one.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stateToJson } from '../../../shared/config/snapshot.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { bootDiskRig } from '../sqlite/disk-rig.ts'
import { setTeam } from '../writer/log-rig.ts'

const root = mkdtempSync(join(tmpdir(), 'headgate-damage-'))
const killed = join(root, 'killed')
const stopped = join(root, 'stopped')
let acknowledged: ConfigState

beforeAll(async () => {
  const folder = join(root, 'original')
  const rig = await bootDiskRig(folder)
  for (let i = 1; i <= 50; i++) await rig.writer.write(setTeam(`team-${i}`))
  acknowledged = rig.follower.state!
  await rig.kept()
  // The folder as a kill leaves it: everything is still in the WAL, without its index.
  cpSync(folder, killed, { recursive: true })
  rmSync(join(killed, 'log.sqlite-shm'))
  await rig.stop()
  cpSync(folder, stopped, { recursive: true })
})
afterAll(() => rmSync(root, { recursive: true }))

const kinds = ['log.sqlite', 'log.sqlite-wal', 'high-water.json', 'json', 'tail'] as const
const harm = fc.record({
  file: fc.constantFrom(...kinds),
  how: fc.constantFrom('flip', 'flip', 'flip', 'truncate', 'delete'),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  bit: fc.nat(7),
})
type Harm = typeof harm extends fc.Arbitrary<infer Value> ? Value : never

function apply(folder: string, { file, how, at, bit }: Harm): boolean {
  const name = readdirSync(folder)
    .filter((one) =>
      file === 'json' || file === 'tail' ? one.startsWith('last-good') && one.endsWith(file) : one === file,
    )
    .sort()
    .at(-1)
  if (name === undefined) return false
  const path = join(folder, name)
  const content = readFileSync(path)
  const place = Math.floor(at * content.byteLength)
  if (how === 'delete') rmSync(path)
  else if (how === 'truncate') writeFileSync(path, content.subarray(0, place))
  else if (content.byteLength > 0) {
    content[place]! ^= 1 << bit
    writeFileSync(path, content)
  }
  return how !== 'flip' || content.byteLength > 0
}

async function bootHarmed(template: string, harms: Harm[]) {
  const folder = mkdtempSync(join(root, 'case-'))
  cpSync(template, folder, { recursive: true })
  const applied = harms.filter((one) => apply(folder, one))
  const rig = await bootDiskRig(folder)
  const written = await rig.writer.write(setTeam('after'))
  await rig.stop()
  rmSync(folder, { recursive: true })
  return { rig, applied, written }
}

function expectNewestOrNothing({ rig, written }: Awaited<ReturnType<typeof bootHarmed>>): void {
  const { verdict } = rig
  expect(['serve', 'damaged']).toContain(verdict.type)
  if (verdict.type === 'serve') {
    expect(stateToJson(verdict.state)).toEqual(stateToJson(acknowledged))
    // When the served state is not the log's, nothing may be appended to the log.
    expect(written.ok).toBe(verdict.source === 'log')
  } else expect(written.ok).toBe(false)
}

const runs = Number(process.env['DAMAGE_RUNS'] ?? 60)
const seed = Number(process.env['SEED'] ?? 20_260_101)
const templates = fc.constantFrom('killed', 'stopped')
const pathOf = (template: string) => (template === 'killed' ? killed : stopped)

test(`one harmed file never brings an older state back, and one is enough to go on (SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(templates, harm, async (template, one) => {
      const result = await bootHarmed(pathOf(template), [one])
      expectNewestOrNothing(result)
      expect(result.rig.verdict.type).toBe('serve')
      const isCopyOrMark = one.file !== 'log.sqlite' && one.file !== 'log.sqlite-wal'
      // A copy that ends after a complete record is older, not damaged; the log replaces the rest.
      const told = result.rig.notices.some(({ type }) => type === 'warning' || type === 'config-degraded')
      if (isCopyOrMark && result.applied.length > 0 && one.how === 'flip') expect(told).toBe(true)
    }),
    { numRuns: runs, seed },
  )
})

test(`two harmed files never bring an older state back (SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(templates, harm, harm, async (template, one, two) => {
      expectNewestOrNothing(await bootHarmed(pathOf(template), [one, two]))
    }),
    { numRuns: runs, seed },
  )
})

test('a bit flipped in any event of the log is noticed, and the last good state is served', async () => {
  for (const name of ['"team-1"', '"team-25"', '"team-50"']) {
    const folder = mkdtempSync(join(root, 'case-'))
    cpSync(stopped, folder, { recursive: true })
    flipEach(join(folder, 'log.sqlite'), name)
    const rig = await bootDiskRig(folder)
    expect(rig.verdict).toMatchObject({ source: 'last-good', degraded: expect.stringContaining('damaged') })
    expect(stateToJson(rig.follower.state!)).toEqual(stateToJson(acknowledged))
    expect(rig.follower.status.degraded).toContain('damaged')
    await rig.stop()
  }
})

test('a WAL that lost its last commits is a rewound log, not a shorter one', async () => {
  const { rig } = await bootHarmed(killed, [{ file: 'log.sqlite-wal', how: 'truncate', at: 0.7, bit: 0 }])
  expect(rig.verdict).toMatchObject({
    type: 'serve',
    source: 'last-good',
    degraded: expect.stringContaining('rewound'),
  })
})

test('with every copy damaged nothing is served, also at the start after that', async () => {
  const folder = mkdtempSync(join(root, 'case-'))
  cpSync(stopped, folder, { recursive: true })
  for (const name of readdirSync(folder)) {
    if (name.startsWith('last-good') || name === 'log.sqlite') flipEach(join(folder, name), 'team-30')
  }
  for (let start = 0; start < 2; start++) {
    const rig = await bootDiskRig(folder)
    expect(rig.verdict).toMatchObject({ type: 'damaged', reason: expect.stringContaining('damaged at revision 30') })
    expect(rig.follower.state).toBeUndefined()
    expect(rig.follower.status.damaged).toContain('last good copy')
    await rig.stop()
  }
})

/** Flips a bit at every place of `text`: freed pages hold copies that nobody reads. */
function flipEach(path: string, text: string): void {
  const content = readFileSync(path)
  for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) content[at]! ^= 1
  writeFileSync(path, content)
}
