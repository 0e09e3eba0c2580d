// What every start makes sure of: the first resources, the config file. Where the log can't take it yet, as when a cluster
// is just meeting, it is waited for a while, and tried on after that in the background.
import type { Clock, Timer } from '../../shared/clock.ts'
import type { Trouble } from '../../shared/readiness.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import { type BootstrapOptions, bootstrap } from './bootstrap.ts'
import { applyConfigFile, type ConfigFileOptions } from './config-file.ts'
import type { ConfigService } from './config-service.ts'
import type { Problem } from './http/answer.ts'
import { problems } from './http/problems.ts'

export interface FirstWritesOptions extends Omit<ConfigFileOptions, 'isNewLog'> {
  desk: ConfigService
  clock: Clock
  demo: boolean
  /** How long a log that does not answer holds up the start. */
  patienceMs: number
}

/** The operator has to change something; the message says what, over several lines if need be. */
export class StartRefused extends Error {}

interface Step {
  /** The trouble while the step is not done. */
  readonly missing: string
  readonly run: () => Promise<Result<undefined, Problem>>
  /** Why the last try failed; undefined before the first one. */
  problem?: Pick<Problem, 'code' | 'detail'>
}

/** Problems that another try cannot solve: each try would only tell them again. */
const finalCodes: readonly string[] = ['refused', 'config_unfilled']

const retryMs = 250

export class FirstWrites {
  readonly #options: FirstWritesOptions
  /** Whether this start wrote the first event of the log. */
  #isNewLog = false
  #steps: Step[]
  #retry: Timer | undefined
  #stopped = false

  constructor(options: FirstWritesOptions) {
    this.#options = options
    const { desk, clock, demo } = options
    this.#steps = [
      { missing: 'the first resources were not written', run: () => this.#begin({ desk, clock, demo }) },
      { missing: 'the config file was not applied', run: () => this.#applyFile() },
    ]
  }

  /** Resolves when everything is written, or the start must go on without it. Rejects with `StartRefused`. */
  async run(): Promise<void> {
    const { clock, patienceMs } = this.#options
    const untilMs = clock.monotonicMs() + patienceMs
    await this.#attempt()
    while (this.#mayHelpToWait() && clock.monotonicMs() < untilMs) {
      await new Promise<void>((resolve) => clock.after(retryMs, resolve))
      await this.#attempt()
    }
    if (this.#mayHelpToWait() && patienceMs > 0) this.#tryOnLater()
  }

  troubles(): Trouble[] {
    return this.#steps.map(({ missing, problem }) => {
      return { level: 'degraded', reason: `${missing}: ${problem?.detail ?? 'it is being done'}` }
    })
  }

  stop(): void {
    this.#stopped = true
    this.#retry?.cancel()
  }

  /** Runs the steps in their order, because the file may name resources that an earlier step creates. */
  async #attempt(): Promise<void> {
    for (const step of this.#steps.filter(({ problem }) => !finalCodes.includes(problem?.code ?? ''))) {
      try {
        const written = await step.run()
        if (written.ok) this.#steps = this.#steps.filter((one) => one !== step)
        else step.problem = written.error
      } catch (error) {
        step.problem = { code: 'refused', detail: error instanceof Error ? error.message : String(error) }
        throw error
      }
    }
  }

  #mayHelpToWait(): boolean {
    return !this.#stopped && this.#steps.some(({ problem }) => problem?.code === 'log_unavailable')
  }

  #tryOnLater(): void {
    this.#retry = this.#options.clock.after(4 * retryMs, () => {
      void this.#attempt()
        .catch((error: Error) => this.#options.notify({ type: 'warning', message: error.message }))
        .then(() => {
          if (this.#mayHelpToWait()) this.#tryOnLater()
        })
    })
  }

  async #begin(options: BootstrapOptions): Promise<Result<undefined, Problem>> {
    const begun = await bootstrap(options)
    if (!begun.ok) return begun
    this.#isNewLog ||= begun.value.isNewLog
    return done(undefined)
  }

  async #applyFile(): Promise<Result<undefined, Problem>> {
    const applied = await applyConfigFile({ ...this.#options, isNewLog: this.#isNewLog })
    if (applied.ok) return done(undefined)
    const { error } = applied
    if (error.type === 'file') throw new StartRefused(error.message)
    if (error.type === 'log') return fail(error.problem)
    this.#options.notify({ type: 'config-degraded', reason: `the config file was not applied: ${error.message}` })
    return fail(problems.unavailable(error.message, 'config_unfilled'))
  }
}
