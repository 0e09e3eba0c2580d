// The number of tokens in a large request, which another process estimates.
import { fail } from '../../../../shared/result.ts'
import type { RunningJob } from '../../large/job.ts'
import type { JsonTranslatorOptions } from '../json-options.ts'
import type { Late, Made } from '../translator.ts'
import { estimateJob } from './estimate-job.ts'

export class LateEstimate implements Late<number> {
  readonly #options: JsonTranslatorOptions
  #running: RunningJob<unknown> | undefined

  constructor(options: JsonTranslatorOptions) {
    this.#options = options
  }

  async start(): Promise<Made<number>> {
    const { jobs, request, asked, body } = this.#options
    const { bytes, open, close } = body.scan
    const head = { operation: request.operation.name, betas: asked.facts.betas }
    const bodies = [[bytes.subarray(open, close)]]
    const running = jobs.run(estimateJob, { head, bodies, owner: request.caller, hold: request.body })
    this.#running = running
    const outcome = await running.result
    return outcome.ok ? outcome.value.told : fail({ type: 'unmade', error: outcome.error })
  }

  stop(): void {
    this.#running?.cancel()
  }
}
