// The network of a schedule, between processes and two registers on one store: messages are late, lost and repeated, processes are cut
// off, and the store answers late, not at all, or after it has written.
import { done, fail } from '../../shared/result.ts'
import { type Bus, encodeJson, subjects } from '../bus/bus.ts'
import type { Dice } from '../simulation/engine/dice.ts'
import type { LedgerStore } from './ledger-store.ts'
import { memoryLedgerStore } from './memory-ledger-store.ts'
import { BudgetRegister } from './register.ts'
import { ScheduleLife, type ScheduleTime } from './test-schedule-time.ts'

type Receive = (payload: Uint8Array, subject: string) => void

export class ScheduleNetwork {
  /** The part of messages that is lost, and of those that come twice; the same of answers of the store. */
  loss = 0
  doubles = 0
  storeTrouble = 0
  readonly registerLives: ScheduleLife[]
  readonly store = memoryLedgerStore()
  readonly #registers: BudgetRegister[]
  readonly #hears = new Map<ScheduleLife, Receive>()
  readonly #cut = new Set<ScheduleLife>()
  readonly #time: ScheduleTime
  readonly #dice: Dice

  constructor(time: ScheduleTime, dice: Dice) {
    this.#time = time
    this.#dice = dice
    this.registerLives = [new ScheduleLife(time), new ScheduleLife(time)]
    this.#registers = this.registerLives.map((clock) => {
      const onShort = (key: unknown) => this.#tellAll(encodeJson(key))
      return new BudgetRegister({ store: this.#troubled(), clock, onAlert: () => {}, onShort })
    })
  }

  cut(life: ScheduleLife, isCut: boolean): void {
    if (isCut) this.#cut.add(life)
    else this.#cut.delete(life)
  }

  busOf(life: ScheduleLife): Bus {
    return {
      publish: () => {},
      subscribe: (subject, receive) => {
        if (subject === subjects.budgetRecall) this.#hears.set(life, receive)
        return { stop: () => void this.#hears.delete(life) }
      },
      serve: () => ({ stop: () => {} }),
      request: (subject, payload, timeoutMs) => this.#ask(life, { subject, payload, timeoutMs }),
      close: () => {},
    }
  }

  #ask(life: ScheduleLife, question: { subject: string; payload: Uint8Array; timeoutMs: number }) {
    const { subject, payload, timeoutMs } = question
    return new Promise<Awaited<ReturnType<Bus['request']>>>((settle) => {
      life.after(timeoutMs, () => settle(fail({ type: 'no-answer', subject, afterMs: timeoutMs })))
      const register = this.#dice.pick(this.#registers)
      this.#carry(life, async () => {
        const asked = JSON.parse(new TextDecoder().decode(payload)) as Parameters<BudgetRegister['report']>[0][]
        const answers = await Promise.all(asked.map((one) => register.report(one)))
        this.#carry(life, () => life.does(() => settle(done(encodeJson(answers)))))
      })
    })
  }

  #tellAll(payload: Uint8Array): void {
    for (const [life, receive] of this.#hears)
      this.#carry(life, () => life.does(() => receive(payload, subjects.budgetRecall)))
  }

  /** Between a process and the registers. */
  #carry(life: ScheduleLife, arrive: () => unknown): void {
    const times = this.#dice.happens(this.doubles) ? 2 : 1
    for (let time = 0; time < times; time++) {
      if (this.#cut.has(life) || this.#dice.happens(this.loss)) continue
      const dueMs =
        this.#time.nowMs + (this.#dice.happens(0.05) ? this.#dice.between(1, 3_000) : this.#dice.between(1, 40))
      this.#time.at(dueMs, () => void (this.#cut.has(life) || arrive()))
    }
  }

  #troubled(): LedgerStore {
    const { store } = this
    const isIll = () => this.#dice.happens(this.storeTrouble)
    const gone = () => fail({ type: 'unavailable' as const, message: 'the store is away' })
    return {
      read: async (table) => {
        await this.#time.sleep(this.#dice.between(1, 5))
        return isIll() ? gone() : store.read(table)
      },
      write: async (table, value, version) => {
        await this.#time.sleep(this.#dice.between(1, 5))
        if (isIll()) return gone()
        const written = await store.write(table, value, version)
        // It is written, and nobody hears of it.
        return isIll() ? fail({ type: 'no-answer' as const }) : written
      },
      close: async () => {},
    }
  }
}
