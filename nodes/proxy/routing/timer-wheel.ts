// Many deadlines with one timer. A request has at most one armed deadline; its owner knows which one it is (connect, first
// token, idle, total). A deadline fires at its due time or up to two ticks later.
import type { Clock, Timer } from '../../../shared/clock.ts'

const slotCount = 256
const tickMs = 25
/** The longest time, 30 days, to which longer ones are cut. */
const msMax = 30 * 86_400_000

export interface Deadline {
  /** Called once when the deadline is due, unless it was cancelled. */
  onDue(): void
  /** The slot that it is linked in, -1 when it is not armed. The wheel owns this member and the ones below. */
  deadlineSlot: number
  /** The tick at which it is due. */
  deadlineTick: number
  deadlineNext: Deadline | undefined
  deadlinePrevious: Deadline | undefined
}

/** What the wheel owns of a deadline that is not armed. */
export class Unarmed implements Omit<Deadline, 'onDue'> {
  deadlineSlot = -1
  deadlineTick = 0
  deadlineNext: Deadline | undefined = undefined
  deadlinePrevious: Deadline | undefined = undefined
}

/** A hashed timing wheel (Varghese and Lauck, 1987): the cost of arming and cancelling does not depend on the number of
 *  deadlines. The deadlines of a slot are linked through their own members, because a `Set` that requests enter and leave keeps
 *  dead ones alive for the garbage collector, which cost a fifth of a request. */
export class TimerWheel {
  readonly #slots: (Deadline | undefined)[] = Array.from({ length: slotCount }, () => undefined)
  readonly #clock: Clock
  #tick = 0
  #lastTickMs: number
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastTickMs = clock.monotonicMs()
  }

  start(): void {
    this.#lastTickMs = this.#clock.monotonicMs()
    this.#timer = this.#clock.every(tickMs, () => this.#advance())
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Arms `deadline`, or moves it when it is armed. */
  arm(deadline: Deadline, inMs: number): void {
    const tick = this.#tick + Math.max(1, Math.ceil(Math.min(inMs, msMax) / tickMs) + 1)
    const isArmed = deadline.deadlineSlot >= 0
    const isLater = isArmed && tick >= deadline.deadlineTick
    if (isArmed && !isLater) this.#unlink(deadline)
    deadline.deadlineTick = tick
    // A deadline that moves to a later time stays in its slot, which moves it when its turn comes.
    if (!isLater) this.#link(deadline, tick % slotCount)
  }

  cancel(deadline: Deadline): void {
    if (deadline.deadlineSlot >= 0) this.#unlink(deadline)
  }

  #link(deadline: Deadline, slot: number): void {
    const next = this.#slots[slot]
    deadline.deadlineSlot = slot
    deadline.deadlineNext = next
    if (next !== undefined) next.deadlinePrevious = deadline
    this.#slots[slot] = deadline
  }

  #unlink(deadline: Deadline): void {
    const { deadlineNext: next, deadlinePrevious: previous } = deadline
    if (previous === undefined) this.#slots[deadline.deadlineSlot] = next
    else previous.deadlineNext = next
    if (next !== undefined) next.deadlinePrevious = previous
    deadline.deadlineNext = undefined
    deadline.deadlinePrevious = undefined
    deadline.deadlineSlot = -1
  }

  #advance(): void {
    const nowMs = this.#clock.monotonicMs()
    // A process that was paused runs the missed ticks now; each deadline still fires once.
    while (nowMs - this.#lastTickMs >= tickMs) {
      this.#lastTickMs += tickMs
      this.#tick++
      this.#fire(this.#tick % slotCount)
    }
  }

  #fire(slot: number): void {
    for (const deadline of this.#takeDue(slot)) {
      // A deadline that fired just before may have cancelled this one, or armed it again.
      if (deadline.deadlineSlot !== slot || deadline.deadlineTick > this.#tick) continue
      this.#unlink(deadline)
      deadline.onDue()
    }
  }

  /** Returns the deadlines of a slot that are due. Those that belong to another slot are moved there. */
  #takeDue(slot: number): Deadline[] {
    const due: Deadline[] = []
    let next: Deadline | undefined
    for (let deadline = this.#slots[slot]; deadline !== undefined; deadline = next) {
      next = deadline.deadlineNext
      const wanted = deadline.deadlineTick % slotCount
      if (deadline.deadlineTick <= this.#tick) due.push(deadline)
      else if (wanted !== slot) {
        this.#unlink(deadline)
        this.#link(deadline, wanted)
      }
    }
    return due
  }
}
