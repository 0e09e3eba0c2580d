// The configuration that a proxy answers by: the log's copy is followed, and each state of it is compiled into a snapshot.
import { join } from 'node:path'
import { type Bus, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { followTroubles } from '../../../cluster/config-log/follower/follow-troubles.ts'
import { Follower, type FollowerOptions } from '../../../cluster/config-log/follower/follower.ts'
import { LastGood } from '../../../cluster/config-log/follower/last-good.ts'
import { HeldLog } from '../../../cluster/config-log/log/held-log.ts'
import { HighWaterFile } from '../../../cluster/config-log/log/high-water.ts'
import { narrowHold } from '../../../cluster/config-log/log/narrow-hold.ts'
import { SqliteLog } from '../../../cluster/config-log/sqlite/sqlite-log.ts'
import type { Hold } from '../../../cluster/data-folder/hold.ts'
import type { Clock } from '../../../shared/clock.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import type { Notify } from '../../../shared/notice.ts'
import type { Trouble } from '../../../shared/readiness.ts'
import type { SealedSecrets } from '../providers/sealed-secrets.ts'
import type { Snapshot, SnapshotCompiler } from './snapshot.ts'

export interface FollowConfigOptions {
  readonly dataDir: string
  /** Of the node; `isAlone`: no writer of the log runs in its process, so it keeps the copy itself. */
  readonly node: { readonly name: string; readonly isAlone: boolean }
  readonly macKey: Uint8Array
  readonly compiler: SnapshotCompiler
  readonly secrets: SealedSecrets
  readonly bus: Bus
  readonly clock: Clock
  readonly notify: Notify
  /** A configuration that has ended this process again and again is held back. */
  readonly hold?: Hold | undefined
  /** Called before a configuration is put to use. */
  onServing?: ((revision: number) => void) | undefined
  /** A newer one has come: nothing is held back any more. */
  onReleased?: (() => void) | undefined
}

/** A secret may have got its data key without a word: looked for this often. */
const keysLookMs = 1_000

export class ConfigFollower {
  snapshot: Snapshot | undefined
  /** Called when a snapshot is in use. */
  onSnapshot: (() => void) | undefined
  readonly #options: FollowConfigOptions
  readonly #follower: Follower
  readonly #held: () => Hold | undefined
  readonly #closeLog: () => Promise<void> | void
  readonly #stops: (() => void)[] = []

  private constructor(options: FollowConfigOptions, { follower, held, close }: FollowedLog) {
    this.#options = options
    this.#follower = follower
    this.#held = held
    this.#closeLog = close
  }

  static async open(options: FollowConfigOptions): Promise<ConfigFollower> {
    let made: ConfigFollower | undefined
    const onState = async (state: ConfigState) => made?.onState(state)
    made = new ConfigFollower(options, await followLog(options, onState))
    return made
  }

  /** Monotonic. */
  get nowMs(): number {
    return this.#options.clock.monotonicMs()
  }

  get status(): Follower['status'] {
    return this.#follower.status
  }

  /** What to answer by, or why there is nothing. */
  current(): Snapshot | { readonly type: 'no-config' | 'config-damaged' } {
    return this.snapshot ?? (this.status.damaged === undefined ? noConfig : configDamaged)
  }

  async onState(state: ConfigState): Promise<void> {
    const { onServing, secrets, compiler, bus, node } = this.#options
    onServing?.(state.revision)
    secrets.begin()
    this.snapshot = await compiler.compile(state)
    this.onSnapshot?.()
    bus.publish(subjects.configApplied, encodeJson({ node: node.name, revision: state.revision, hash: state.hash }))
  }

  boot(): Promise<unknown> {
    return Promise.resolve(this.#follower.boot())
  }

  start(): void {
    const { bus, clock, secrets } = this.#options
    const look = () => {
      if (secrets.mayOpenMore()) void this.#follower.again()
    }
    const appended = bus.subscribe(subjects.configAppended, () => void this.#follower.look())
    const changed = bus.subscribe(subjects.keysChanged, look)
    const timer = clock.every(keysLookMs, look)
    this.#stops.push(
      () => timer.cancel(),
      () => changed.stop(),
      () => appended.stop(),
    )
    this.#follower.start()
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops) stop()
    await this.#follower.stop()
    await this.#closeLog()
  }

  troubles(): Trouble[] {
    const missing: Trouble[] = this.snapshot === undefined ? [nothingToServe] : []
    return [...followTroubles(this.status), ...heldBack(this.#held()), ...missing]
  }
}

interface FollowedLog {
  readonly follower: Follower
  held(): Hold | undefined
  close(): Promise<void> | void
}

/** Follows the copy of the log that this node keeps; one that is held back has no witness but the log itself. */
async function followLog(options: FollowConfigOptions, onState: FollowerOptions['onState']): Promise<FollowedLog> {
  const { dataDir, node, clock, notify, macKey, onReleased } = options
  const folder = join(dataDir, 'config')
  const highWater = new HighWaterFile(join(folder, 'high-water.json'), macKey)
  const copy = new SqliteLog({ path: join(folder, 'log.sqlite'), readOnly: true, highWater })
  const common = { macKey, clock, notify, onState }
  const hold = options.hold === undefined ? undefined : await narrowHold(copy, options.hold)
  if (hold !== undefined) {
    const log = new HeldLog(copy, hold, () => onReleased?.())
    notify({ type: 'config-rolled-back', ...hold })
    const follower = new Follower({ ...common, log, keepLastGood: false })
    return { follower, held: () => log.hold, close: () => log.close() }
  }
  const lastGood = new LastGood({ folder, macKey, notify })
  // In one process with the log's writer, the writer keeps the copy.
  const follower = new Follower({ ...common, log: copy, highWater, lastGood, keepLastGood: node.isAlone })
  return { follower, held: () => undefined, close: () => copy.close() }
}

function heldBack(hold: Hold | undefined): Trouble[] {
  if (hold === undefined) return []
  const reason = `revision ${hold.revision} of the configuration is served instead of ${hold.until}, which ended this process again and again`
  return [{ level: 'degraded', reason }]
}

const noConfig = { type: 'no-config' } as const
const configDamaged = { type: 'config-damaged' } as const
const nothingToServe: Trouble = { level: 'unready', reason: 'there is no configuration to serve yet' }
