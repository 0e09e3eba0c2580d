// A thread that follows the log of another thread, as the proxy does, until it has seen a given revision.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../../shared/clock.ts'
import { Follower } from '../follower/follower.ts'
import { LastGood } from '../follower/last-good.ts'
import { HighWaterFile } from '../log/high-water.ts'
import { rigMacKey } from '../writer/log-rig.ts'
import { SqliteLog } from './sqlite-log.ts'

const { folder, until } = workerData as { folder: string; until: number }
const keepAlive = setInterval(() => {}, 1_000)
const notify = () => {}
const log = new SqliteLog({ path: join(folder, 'log.sqlite'), readOnly: true })
const follower = new Follower({
  log,
  macKey: rigMacKey,
  clock: systemClock,
  notify,
  highWater: new HighWaterFile(join(folder, 'high-water.json'), rigMacKey),
  lastGood: new LastGood({ folder, macKey: rigMacKey, notify }),
  keepLastGood: false,
  pollMs: 2,
  onState: ({ revision }) => {
    if (revision === until) setImmediate(finish)
  },
})
const verdict = await follower.boot()
parentPort?.postMessage({ booted: verdict.type })
follower.start()

async function finish(): Promise<void> {
  const { status } = follower
  assert(status.revision === until)
  await follower.stop()
  await log.close()
  clearInterval(keepAlive)
  parentPort?.postMessage(status)
}
