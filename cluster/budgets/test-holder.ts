// A holder as the laws play it: it spends what it was granted and no more, and its messages get lost, late and twice.
import type { Applied, Report } from './ledger.ts'

export class TestHolder {
  granted = 0
  settled = 0
  sequence = 0
  /** Every report that it ever sent. */
  readonly sent: Report[] = []
  readonly #life: string

  constructor(life: string) {
    this.#life = life
  }

  get room(): number {
    return this.granted - this.settled
  }

  spend(part: number): void {
    this.settled += Math.floor(this.room * part)
  }

  report({ keeps, least, more }: { keeps: number; least: number; more: number }): Report {
    this.granted = this.settled + Math.ceil(this.room * keeps)
    this.sequence++
    const waits = { least, waiting: least + more, wants: more }
    const report = { holder: this.#life, sequence: this.sequence, settled: this.settled, open: this.room, ...waits }
    this.sent.push(report)
    return report
  }

  hear({ granted }: Applied): void {
    this.granted = granted
  }

  end(): Report {
    const nothing = { open: 0, least: 0, waiting: 0, wants: 0 }
    const sequence = Number.MAX_SAFE_INTEGER
    return { holder: this.#life, sequence, settled: this.granted, ...nothing, hasEnded: true }
  }
}
