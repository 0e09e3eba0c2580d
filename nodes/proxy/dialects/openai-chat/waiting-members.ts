// Members of a stream that stand in the next chunk beside what else it says, so that no chunk is added for them.
import type { JsonObject } from '../../../../shared/chat/parts.ts'

export class WaitingMembers {
  #members: JsonObject | undefined

  get isEmpty(): boolean {
    return this.#members === undefined
  }

  add(members: JsonObject): void {
    this.#members = { ...this.#members, ...members }
  }

  /** The members as JSON text with a comma before them. They wait no longer. */
  behind(): string {
    const text = this.#take()
    return text === '' ? '' : `,${text}`
  }

  /** The same with a comma behind them. */
  before(): string {
    const text = this.#take()
    return text === '' ? '' : `${text},`
  }

  /** The same without a comma. */
  alone(): string {
    return this.#take()
  }

  #take(): string {
    if (this.#members === undefined) return ''
    const text = JSON.stringify(this.#members).slice(1, -1)
    this.#members = undefined
    return text
  }
}
