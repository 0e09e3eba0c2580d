// A schedule, from a seed: proxies that spend one hard budget while they are killed, stopped and cut off, their clocks are set, their disks are
// full, and the register answers late or not at all. The upstream keeps the ledger that counts: whatever was sent was charged.
import { Dice } from '../simulation/engine/dice.ts'
import { BudgetDesk } from './budget-desk.ts'
import { standingOf } from './ledger.ts'
import { MarkJournal } from './mark-journal.ts'
import { BudgetRegister } from './register.ts'
import { ScheduleDisk } from './test-schedule-disk.ts'
import { ScheduleNetwork } from './test-schedule-network.ts'
import { ScheduleLife, ScheduleTime, startMs } from './test-schedule-time.ts'

export interface ScheduleResult {
  /** What the upstream charged beyond the budget, in the worst window. */
  readonly overshoot: number
  readonly charged: number
  readonly faults: number
  /** What is wrong with the register's ledger a minute after the last fault; undefined: nothing. */
  readonly wrong: string | undefined
}

const windowMs = 3_600_000
const lengthMs = 12_000
const healMs = 60_000
const faultKinds = ['kill', 'still', 'cut', 'clock', 'disk', 'network', 'store'] as const

class Spender {
  readonly name: string
  readonly disk: ScheduleDisk
  life: ScheduleLife
  desk: BudgetDesk | undefined
  boots = 0

  constructor(name: string, disk: ScheduleDisk, life: ScheduleLife) {
    this.name = name
    this.disk = disk
    this.life = life
  }
}

export class Schedule {
  readonly #time = new ScheduleTime()
  readonly #dice: Dice
  readonly #network: ScheduleNetwork
  readonly #proxies: Spender[]
  readonly #cap: number
  readonly #firstWindow: number
  /** What the upstream has charged, by window. */
  readonly #charged = new Map<number, number>()
  #faults = 0

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    this.#network = new ScheduleNetwork(this.#time, this.#dice.fork('network'))
    this.#cap = Math.round(1e9 * Math.exp(this.#dice.chance() * Math.log(20)))
    this.#firstWindow = this.#dice.between(0, 3_000)
    this.#proxies = Array.from({ length: this.#dice.between(2, 8) }, (_, index) => {
      const disk = new ScheduleDisk(this.#time, this.#dice.fork(`disk ${index}`))
      return new Spender(`n${index}`, disk, new ScheduleLife(this.#time))
    })
  }

  async play(): Promise<ScheduleResult> {
    for (const proxy of this.#proxies) this.#boot(proxy)
    this.#plan()
    await this.#time.runUntil(lengthMs)
    this.#heal()
    await this.#time.runUntil(lengthMs + healMs)
    let [charged, overshoot] = [0, 0]
    for (const one of this.#charged.values())
      [charged, overshoot] = [charged + one, Math.max(overshoot, one - this.#cap)]
    const stopping = this.#proxies.map(({ desk }) => desk?.stop())
    await this.#time.runUntil(this.#time.nowMs + 5_000)
    await Promise.all(stopping)
    return { overshoot, charged, faults: this.#faults, wrong: await this.#judge() }
  }

  #plan(): void {
    const calls = this.#dice.between(20, 120)
    const usd = 1e-4 * Math.exp(this.#dice.chance() * Math.log(5_000))
    for (let call = 0; call < calls; call++) {
      const cost = Math.round(1e9 * usd * (0.2 + 1.8 * this.#dice.chance()))
      const bound = Math.round(cost * (1 + 3 * this.#dice.chance()))
      this.#time.at(this.#dice.between(0, lengthMs), () => this.#call(this.#dice.pick(this.#proxies), bound, cost))
    }
    const faults = this.#dice.between(0, 8)
    for (let fault = 0; fault < faults; fault++) {
      const [kind, forMs] = [this.#dice.pick(faultKinds), this.#dice.between(100, 6_000)]
      this.#time.at(this.#dice.between(500, lengthMs - 1), () => this.#harm(kind, forMs))
    }
  }

  #boot(proxy: Spender): void {
    const { skewMs } = proxy.life
    const life = new ScheduleLife(this.#time)
    life.skewMs = skewMs
    proxy.life = life
    const journal = new MarkJournal('/marks', proxy.disk.of(life))
    const boot = `${++proxy.boots}`
    proxy.desk = new BudgetDesk({ node: proxy.name, boot, bus: this.#network.busOf(life), clock: life, journal })
    proxy.desk.start()
  }

  #call({ life, desk }: Spender, bound: number, cost: number): void {
    life.does(() => {
      if (desk !== undefined) void this.#attempt({ life, desk, bound, cost })
    })
  }

  async #attempt({ life, desk, bound, cost }: { life: ScheduleLife; desk: BudgetDesk; bound: number; cost: number }) {
    const window = this.#windowAt(life.wallMs())
    const lease = desk.lease(window, { terms: window.terms, isHard: true })
    const outcome = lease.reserve(bound) ? 'granted' : await desk.wait(lease, bound)
    if (outcome !== 'granted' || !life.isAlive) return
    this.#charged.set(window.window, (this.#charged.get(window.window) ?? 0) + cost)
    desk.renew(lease)
    life.after(this.#dice.between(1, 3_000), () => {
      lease.settle(bound, cost)
      desk.settled(lease)
    })
  }

  #windows = new Map<number, ReturnType<Schedule['windowOf']>>()

  /** A window begins for each process by its own clock. */
  #windowAt(wallMs: number) {
    const number = Math.floor((wallMs - startMs + this.#firstWindow * 1_000) / windowMs) + 10
    const known = this.#windows.get(number)
    if (known !== undefined) return known
    const made = this.windowOf(number)
    this.#windows.set(number, made)
    return made
  }

  windowOf(number: number) {
    const windowEndMs = startMs + (number - 9) * windowMs - this.#firstWindow * 1_000
    return { key: 'k', window: number, terms: { name: 'x', cap: this.#cap, revision: 1, windowEndMs, alertAt: [] } }
  }

  #harm(kind: (typeof faultKinds)[number], forMs: number): void {
    this.#faults++
    const proxy = this.#dice.pick(this.#proxies)
    const end = (run: () => void) => void this.#time.at(this.#time.nowMs + forMs, run)
    if (kind === 'kill') this.#kill(proxy, forMs)
    else if (kind === 'still') proxy.life.stillUntilMs = this.#time.nowMs + forMs
    else if (kind === 'clock') this.#setClock(proxy)
    else if (kind === 'cut') {
      const { life } = proxy
      this.#network.cut(life, true)
      end(() => this.#network.cut(life, false))
    } else if (kind === 'disk') {
      proxy.disk.isFull = true
      end(() => {
        proxy.disk.isFull = false
      })
    } else if (kind === 'network') [this.#network.loss, this.#network.doubles] = [0.3, 0.3]
    else this.#network.storeTrouble = 0.3
  }

  #kill(proxy: Spender, forMs: number): void {
    if (!proxy.life.isAlive) return
    proxy.life.isAlive = false
    proxy.desk = undefined
    proxy.disk.lose()
    this.#time.at(this.#time.nowMs + forMs, () => proxy.life.isAlive || this.#boot(proxy))
  }

  /** By an hour at once, by 90 s, or back to the time. */
  #setClock({ life }: Spender): void {
    const lives = [life, ...this.#network.registerLives]
    this.#dice.pick(lives).skewMs = this.#dice.pick([-3_600_000, -90_000, 0, 90_000, 3_600_000])
  }

  #heal(): void {
    Object.assign(this.#network, { loss: 0, doubles: 0, storeTrouble: 0 })
    for (const proxy of this.#proxies) {
      this.#network.cut(proxy.life, false)
      proxy.disk.isFull = false
      proxy.life.stillUntilMs = 0
      if (!proxy.life.isAlive) this.#boot(proxy)
    }
  }

  /** Nothing is held any more, and what is settled is what was charged, or above it by what killed processes may have spent. */
  async #judge(): Promise<string | undefined> {
    const onAlert = () => {}
    const all = await new BudgetRegister({
      store: this.#network.store,
      clock: new ScheduleLife(this.#time),
      onAlert,
      onShort: onAlert,
    }).ledgers()
    if (!all.ok) return all.error.message
    for (const [{ window }, ledger] of all.value) {
      const { settled, open } = standingOf(ledger)
      const charged = this.#charged.get(window) ?? 0
      if (open !== 0) return `window ${window}: ${open} is held`
      if (settled < charged || settled > this.#cap)
        return `window ${window}: ${settled} is settled, ${charged} was charged`
    }
    return undefined
  }
}
