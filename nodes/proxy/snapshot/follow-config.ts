// Follows the node's copy of the configuration log, and compiles each state of it into the snapshot that requests use.
import { join } from 'node:path'
import { type Bus, encodeJson, subjects } from '../../../cluster/bus/bus.ts'
import { followTroubles } from '../../../cluster/config-log/follower/follow-troubles.ts'
import { Follower, type FollowerOptions } from '../../../cluster/config-log/follower/follower.ts'
import { LastGood } from '../../../cluster/config-log/follower/last-good.ts'
import { HeldLog } from '../../../cluster/config-log/log/held-log.ts'
import { HighWaterFile } from '../../../cluster/config-log/log/high-water.ts'
import type { LogKey } from '../../../cluster/config-log/log/log-key.ts'
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
  /** `isAlone`: no writer of the log runs in this process, so the follower writes the copy itself. */
  readonly node: { readonly name: string; readonly isAlone: boolean }
  readonly macKey: LogKey
  readonly compiler: SnapshotCompiler
  readonly secrets: SealedSecrets
  readonly bus: Bus
  readonly clock: Clock
  readonly notify: Notify
  /** A configuration that crashed this process repeatedly and must not be used. */
  readonly hold?: Hold | undefined
  /** Called before a configuration is used. */
  onServing?: ((revision: number) => void) | undefined
  /** Called when a newer configuration has arrived, so that none is held back any more. */
  onReleased?: (() => void) | undefined
}

/** A data key may arrive without a message on the bus, so new keys are looked for this often. */
const keysPollMs = 1_000

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

  /** Monotonic time. */
  get nowMs(): number {
    return this.#options.clock.monotonicMs()
  }

  get status(): Follower['status'] {
    return this.#follower.status
  }

  /** The snapshot for a request, or why there is none. */
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
    const timer = clock.every(keysPollMs, look)
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
    const { secrets } = this.#options
    return [...followTroubles(this.status), ...heldBack(this.#held()), ...missing, ...secrets.troubles()]
  }
}

interface FollowedLog {
  readonly follower: Follower
  held(): Hold | undefined
  close(): Promise<void> | void
}

/** Opens the node's copy of the log. While a revision is held back, the last good state on disk is not used, because it may be the
 *  held one. */
async function followLog(options: FollowConfigOptions, onState: FollowerOptions['onState']): Promise<FollowedLog> {
  const { dataDir, node, clock, notify, macKey, onReleased } = options
  const folder = join(dataDir, 'config')
  const highWater = new HighWaterFile(join(folder, 'high-water.json'), macKey)
  const copy = new SqliteLog({ path: join(folder, 'log.sqlite'), readOnly: true, highWater })
  const common = { macKey, clock, notify, onState }
  const hold = options.hold === undefined ? undefined : await narrowHold(copy, options.hold, macKey)
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
