// One node of the cluster over all its runs. Its disk and its database outlive them.
import type { ConfigState } from '../../shared/config/state.ts'
import type { Notice } from '../../shared/notice.ts'
import { encodeJson, subjects } from '../bus/bus.ts'
import { LastGood } from '../config-log/follower/last-good.ts'
import { type LeaseHandle, LeaseKeeper } from '../leases/lease-keeper.ts'
import type { Dice } from './engine/dice.ts'
import { Life, NodeClock } from './engine/life.ts'
import { SimulatedDatabase } from './models/disk-log.ts'
import { type BusHub, SimulatedBus } from './models/simulated-bus.ts'
import { type Backup, SimulatedDisk } from './models/simulated-disk.ts'
import { SimulatedEventStream } from './models/simulated-event-stream.ts'
import { type LeaseContent, SimulatedLeaseStore } from './models/simulated-lease-store.ts'
import type { ServerLink, SimulatedServer } from './models/simulated-server.ts'
import type { StreamContent } from './models/stream-content.ts'
import { dataFolder, type Parts, simulatedMacKey, startControlParts, startProxyParts } from './run-parts.ts'

/** Is told what a node does; the node never asks it. */
export interface NodeWatcher {
  onBoot(node: SimulatedNode): void
  /** Called after the process of the node has ended. */
  onDown(node: SimulatedNode): void
  onState(node: SimulatedNode, state: ConfigState): void
  onNotice(node: SimulatedNode, notice: Notice): void
  onBug(node: SimulatedNode, error: unknown): void
}

export interface NodeOptions {
  name: string
  role: 'control' | 'proxy'
  dice: Dice
  server: SimulatedServer
  hub: BusHub
  content: StreamContent
  /** The register of leases, in worlds in which control nodes contend for a lease. */
  leases: LeaseContent | undefined
  watcher: NodeWatcher
}

/** One run of the node's process. */
interface Run {
  life: Life
  clock: NodeClock
  link: ServerLink
  bus: SimulatedBus
  parts: Parts | undefined
  lease: LeaseHandle | undefined
}

export interface FolderBackup {
  files: Backup
  database: SimulatedDatabase['events']
}

export class SimulatedNode {
  readonly name: string
  readonly role: 'control' | 'proxy'
  readonly disk: SimulatedDisk
  readonly database: SimulatedDatabase
  readonly #options: NodeOptions
  #run: Run | undefined
  readonly #rate: number
  #boots = 0
  #skewMs = 0
  #isCut = false
  #bootedMs = 0

  constructor(options: NodeOptions) {
    this.#options = options
    this.name = options.name
    this.role = options.role
    // Clocks of one cluster differ in rate by a few per cent at most.
    this.#rate = 0.98 + options.dice.fork('clock').chance() * 0.04
    this.disk = new SimulatedDisk(options.dice.fork('disk'))
    this.database = new SimulatedDatabase(options.dice.fork('database'))
  }

  get isUp(): boolean {
    return this.#run !== undefined
  }

  get upForMs(): number {
    return this.#run === undefined ? 0 : this.#options.server.timeline.nowMs - this.#bootedMs
  }

  /** The epoch under which the node believes to hold the lease: by its own clock, also while it is paused. */
  get leaseEpoch(): number | undefined {
    return this.#run?.lease?.epoch
  }

  /** A name for this run of its process. */
  get incarnation(): string {
    return `${this.name}/${this.#boots}`
  }

  get isPaused(): boolean {
    return this.#run?.life.isPaused === true
  }

  /** The parts of the node; undefined while it is down or starting. */
  get parts(): Parts | undefined {
    return this.#run?.parts
  }

  /** The number of requests to the server without an answer. */
  get asking(): number {
    return this.#run?.link.asking ?? 0
  }

  set skewMs(skewMs: number) {
    this.#skewMs = skewMs
    if (this.#run !== undefined) this.#run.clock.skewMs = skewMs
  }

  /** Cuts the node off from the server, and so from all other nodes. */
  set isCut(isCut: boolean) {
    this.#isCut = isCut
    if (this.#run !== undefined) this.#run.link.isCut = isCut
  }

  /** Runs `act` in the process: now, after a pause, or never. `lost` is called when the process ends first. */
  reach(act: (parts: Parts) => void, lost: () => void): void {
    const run = this.#run
    if (run?.parts === undefined) return lost()
    const { life, parts } = run
    life.onEnd(lost)
    life.reach(() => act(parts))
  }

  boot(): void {
    if (this.#run !== undefined) return
    const { dice, server, hub, content, watcher } = this.#options
    this.#bootedMs = server.timeline.nowMs
    const boot = dice.fork(`boot ${this.#boots++}`)
    const life = new Life()
    const beganMs = boot.between(0, 1e6)
    const clock = new NodeClock(server.timeline, life, { beganMs, skewMs: this.#skewMs, rate: this.#rate })
    const link = server.connect(life, boot.fork('link'))
    link.isCut = this.#isCut
    const bus = new SimulatedBus({ hub, link, life, timeline: server.timeline })
    const run: Run = { life, clock, link, bus, parts: undefined, lease: this.#contend(clock, link) }
    this.#run = run
    const mount = this.disk.mount()
    const options = {
      clock,
      mount,
      database: this.database,
      stream: new SimulatedEventStream(server, link, content, this.name),
      notify: (notice: Notice) => life.isOver || watcher.onNotice(this, notice),
      onState: (state: ConfigState) => life.isOver || watcher.onState(this, state),
    }
    let commands = 0
    const newCommandId = () => `${this.name}-${this.#boots}-${commands++}`
    const starting =
      this.role === 'control' ? startControlParts({ ...options, bus, link, newCommandId }) : startProxyParts(options)
    starting.then(
      (parts) => {
        if (life.isOver) return
        run.parts = parts
        this.#beat(run, parts)
        watcher.onBoot(this)
      },
      (error: unknown) => life.isOver || watcher.onBug(this, error),
    )
  }

  kill(): void {
    this.#end()
    this.#options.watcher.onDown(this)
  }

  cutPower(): void {
    this.#end()
    this.disk.cutPower()
    this.#options.watcher.onDown(this)
  }

  pause(): void {
    this.#run?.life.pause()
  }

  resume(): void {
    this.#run?.life.resume()
  }

  /** Stops the process as a clean shutdown does. */
  async stop(): Promise<void> {
    await this.#run?.parts?.stop()
    this.kill()
  }

  backup(): FolderBackup {
    return { files: this.disk.backup(), database: [...this.database.events] }
  }

  restore({ files, database }: FolderBackup): void {
    this.disk.restore(files)
    this.database.restore(database)
  }

  wipe(): void {
    this.restore({ files: new Map(), database: [] })
  }

  /** Returns the last good copy as the next run would find it. */
  readCopy(): ConfigState | undefined {
    const disk = this.disk.peek()
    return new LastGood({ folder: dataFolder, macKey: simulatedMacKey, notify: () => {}, disk }).read().state
  }

  #end(): void {
    this.#run?.life.end()
    this.#run?.bus.close()
    this.#run = undefined
    this.disk.unmount()
  }

  #contend(clock: NodeClock, link: ServerLink): LeaseHandle | undefined {
    const { leases } = this.#options
    if (leases === undefined || this.role === 'proxy') return undefined
    const keeper = new LeaseKeeper({ store: new SimulatedLeaseStore(link, leases), clock, owner: this.incarnation })
    keeper.start()
    const handle = keeper.lease('publisher')
    handle.wish('hold')
    return handle
  }

  #beat({ clock, bus }: Run, { follower }: Parts): void {
    clock.every(1_000, () => {
      const { revision, hash } = follower.status
      bus.publish(subjects.heartbeat, encodeJson({ node: this.name, role: this.role, revision, hash, queues: {} }))
    })
  }
}
