// Many deadlines, one timer. A request has at most one armed deadline; what it means (connect, first token, idle, total)
// is its owner's business. Precision is one tick: a deadline fires at its due time or up to two ticks later.
import type { Clock, Timer } from '../../../shared/clock.ts'

const slotCount = 256
const tickMs = 25
/** Whoever waits longer than 30 days waits for ever. */
const msMax = 30 * 86_400_000

export interface Deadline {
  /** Called once, when the time has come and the deadline was not cancelled. */
  onDue(): void
  /** Owned by the wheel. */
  deadlineSlot: number
  deadlineRounds: number
}

/** A hashed timing wheel (Varghese and Lauck, 1987): arming and cancelling cost the same however many there are. */
export class TimerWheel {
  readonly #slots: Set<Deadline>[] = Array.from({ length: slotCount }, () => new Set())
  readonly #clock: Clock
  #position = 0
  #lastTickMs: number
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastTickMs = clock.monotonicMs()
  }

  start(): void {
    this.#lastTickMs = this.#clock.monotonicMs()
    this.#timer = this.#clock.every(tickMs, () => this.#tick())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Arms `deadline`, or moves it when it is armed already. */
  arm(deadline: Deadline, inMs: number): void {
    this.cancel(deadline)
    const ticks = Math.max(1, Math.ceil(Math.min(inMs, msMax) / tickMs) + 1)
    deadline.deadlineSlot = (this.#position + ticks) % slotCount
    deadline.deadlineRounds = Math.floor((ticks - 1) / slotCount)
    this.#slots[deadline.deadlineSlot]!.add(deadline)
  }

  cancel(deadline: Deadline): void {
    if (deadline.deadlineSlot < 0) return
    this.#slots[deadline.deadlineSlot]!.delete(deadline)
    deadline.deadlineSlot = -1
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs()
    // A paused process wakes late: catch up, but each deadline still fires once.
    while (nowMs - this.#lastTickMs >= tickMs) {
      this.#lastTickMs += tickMs
      this.#position = (this.#position + 1) % slotCount
      this.#fire(this.#slots[this.#position]!)
    }
  }

  #fire(slot: Set<Deadline>): void {
    for (const deadline of slot) {
      if (deadline.deadlineRounds > 0) {
        deadline.deadlineRounds--
        continue
      }
      slot.delete(deadline)
      deadline.deadlineSlot = -1
      deadline.onDue()
    }
  }
}
