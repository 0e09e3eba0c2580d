// Measures what the configuration costs at scale, from a log and a folder as a node keeps them. Run: `node
// cluster/config-log/follower/scale.bench.ts [keys] [events] [folder]`. Default: 100,000 keys, 1,000,000 events. It
// prints, one figure a line, wall time and CPU time of this thread: on a shared machine the second is the one that a
// change of the code moves. `pause` is the longest time for which the event loop was blocked.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../shared/clock.ts'
import { examineLog } from '../log/examine-log.ts'
import { rigMacKey as macKey } from '../writer/log-rig.ts'
import { Follower } from './follower.ts'
import { HistoryCheck } from './history-check.ts'
import { LastGood } from './last-good.ts'
import { chainOf, fillLog, measured, openScaleLog, scaleChange } from './scale.fixture.ts'

const [keys = 100_000, events = 1_000_000] = process.argv.slice(2, 4).map(Number)
const given = process.argv[4]
const folder = given ?? mkdtempSync(join(tmpdir(), 'headgate-scale-'))
const notify = () => {}

try {
  const head = await fillLog({ folder, keys, events })
  await replay()
  await boot('boot without a copy')
  await boot('boot from the copy')
  await travel(head.revision)
  const chained = chainOf(head)
  const { log, follower, lastGood, stop } = follow()
  await follower.boot()
  for (const count of [1, 1, 10_000, 10_000]) {
    const page = Array.from({ length: count }, () => chained.next((revision) => scaleChange(revision, keys)))
    await Promise.all(page.map(({ sealed, after }) => log.append(sealed, after)))
    await measured(`${count} new events over ${keys} keys`, () => follower.look())
    await measured('  the snapshot that follows, if any', () => lastGood.settled())
  }
  await stop()
} finally {
  if (given === undefined) rmSync(folder, { recursive: true })
}

async function replay(): Promise<void> {
  const { log } = openScaleLog(folder)
  const nothing = { mark: undefined, copy: undefined }
  let upTo = { revision: 0, hash: '' }
  await measured(`replay of ${events} events`, async () => {
    const finding = await examineLog({ log, macKey, ...nothing })
    if (finding.type !== 'whole') throw new Error(JSON.stringify(finding))
    upTo = finding.state
  })
  await measured('every MAC of them, as the history check does', async () => {
    const refusal = await new HistoryCheck({ log, macKey, clock: systemClock, upTo }).run(Number.POSITIVE_INFINITY)
    if (refusal !== undefined) throw new Error(JSON.stringify(refusal))
  })
  await log.close()
}

function follow() {
  const { log, highWater } = openScaleLog(folder)
  const lastGood = new LastGood({ folder, macKey, notify })
  const around = { log, macKey, clock: systemClock, notify, highWater, lastGood, keepLastGood: true }
  const follower = new Follower({ ...around, onState: () => {} })
  const stop = async () => {
    await follower.stop()
    await log.close()
  }
  return { log, follower, lastGood, stop }
}

async function boot(name: string): Promise<void> {
  const { follower, lastGood, stop } = follow()
  await measured(`${name}: to serving`, async () => {
    const verdict = await follower.boot()
    if (verdict.type !== 'serve') throw new Error(verdict.type)
  })
  await measured(`${name}: its snapshot, beside the serving`, () => lastGood.settled())
  await stop()
}

/** Goes to revisions all over the history; the first one starts from the beginning, and leaves checkpoints on its
 *  way. */
async function travel(newest: number): Promise<void> {
  const { follower, lastGood, stop } = follow()
  await follower.boot()
  for (const part of [0.95, 0.9, 0.52, 0.33, 0.71, 0.123]) {
    const revision = Math.floor(newest * part)
    await measured(`the state at revision ${revision}`, async () => {
      const state = await follower.stateAt(revision)
      if (!state.ok) throw new Error(state.error.type)
    })
    await lastGood.settled()
  }
  await stop()
}
