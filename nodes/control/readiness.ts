// What keeps this installation from being wholly well, told by whoever knows: each part registers a check, and `/readyz`
// asks them all. `unready` means that nothing useful can be answered; `degraded` means it works and somebody should look.

export interface Trouble {
  level: 'degraded' | 'unready'
  /** A sentence; it may name revisions and files, never a key. */
  reason: string
}

export type ReadinessCheck = () => readonly Trouble[]

export class Readiness {
  readonly #checks: ReadinessCheck[] = []

  add(check: ReadinessCheck): void {
    this.#checks.push(check)
  }

  look(): { status: 'ok' | 'degraded' | 'unready'; reasons: string[] } {
    const troubles = this.#checks.flatMap((check) => check())
    const isUnready = troubles.some(({ level }) => level === 'unready')
    return {
      status: isUnready ? 'unready' : troubles.length > 0 ? 'degraded' : 'ok',
      reasons: troubles.map(({ reason }) => reason),
    }
  }
}
