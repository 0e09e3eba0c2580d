// A large body whose bytes pass through. It is searched in slices for what may have to change; only where something is found is it
// rewritten, in another process.
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { BillableUnits } from '../../../../shared/usage/billable-units.ts'
import { type Slices, searched } from '../../../../shared/work/slices.ts'
import { storedLength } from '../../conversations/continuation.ts'
import type { Ineligible } from '../../errors/gateway-error.ts'
import { inSlices } from '../../large/in-slices.ts'
import type { Job, JobOutcome, RunningJob } from '../../large/job.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { JsonTranslatorOptions } from '../json-options.ts'
import { PassThrough } from '../pass-through.ts'
import { droppedBetas, filesAtTarget, passThroughRequest, rewriteOf } from '../pass-through-request.ts'
import { type BodyRewrite, marksOf, plainBody } from '../rewrite-body.ts'
import type { LateTranslator, Translator, Unmade } from '../translator.ts'
import { countCharactersJob, type RewriteHead, rewriteJob } from './rewrite-job.ts'

export class LatePassThrough implements LateTranslator {
  readonly #options: JsonTranslatorOptions
  readonly #target: Target
  readonly #strict: boolean
  #running: RunningJob<unknown> | undefined
  #isStopped = false

  constructor(options: JsonTranslatorOptions, target: Target, strict: boolean) {
    this.#options = options
    this.#target = target
    this.#strict = strict
  }

  async start(): Promise<Result<Translator, Ineligible | Unmade>> {
    const { request, asked, body, findFiles, clock } = this.#options
    const params = this.#strict ? droppedBetas(this.#target, asked.facts.betas) : []
    if (params.length > 0) return fail({ type: 'unsupported-params', params })
    const files = findFiles === undefined ? undefined : await inSlices(findFiles(), clock)
    const found = filesAtTarget(files, this.#target)
    if (!found.ok) return found
    const parts = { request, asked, body, target: this.#target, files: found.value }
    const written = await this.#written(rewriteOf(parts))
    if (!written.ok) return written
    const units = await this.#units()
    if (!units.ok) return units
    const large = { body: written.value, units: units.value }
    return done(new PassThrough(request.operation, passThroughRequest({ ...parts, large }), this.#options))
  }

  stop(): void {
    this.#isStopped = true
    this.#running?.cancel()
  }

  async #written(rewrite: BodyRewrite): Promise<Result<readonly Uint8Array[], Ineligible | Unmade>> {
    const { scan } = this.#options.body
    const marks = marksOf(rewrite)
    const isPlain = marks !== undefined && !(await inSlices(hasAny(scan.bytes, marks), this.#options.clock))
    if (isPlain) return done(plainBody(scan, rewrite))
    const noRoom = this.#options.request.body.chargeUpTo(scan.bytes.length + storedLength(rewrite.state))
    if (noRoom !== undefined) return fail(noRoom)
    const { history, referred } = rewrite.state ?? {}
    const turns = [...(history?.turns ?? []), ...(referred?.turns ?? [])]
    const outcome = await this.#run(rewriteJob, this.#headOf(rewrite), [scan.bytes, ...turns])
    return outcome.ok ? done(outcome.value.bodies[0] ?? []) : outcome
  }

  #headOf({
    namesModelWithin,
    dialect,
    place,
    edits,
    modelEdit,
    fileEdits,
    isEnveloped,
    state,
  }: BodyRewrite): RewriteHead {
    const { model, quirks } = place
    return {
      renames: namesModelWithin === undefined ? undefined : this.#options.request.operation.name,
      dialect,
      place: { model, quirks },
      edits,
      modelEdit,
      fileEdits,
      isEnveloped,
      historyTurns: state?.history?.turns.length,
      referredTurns: state?.referred?.turns.length,
    }
  }

  /** The units that the request alone determines: the characters of a speech. */
  async #units(): Promise<Result<BillableUnits | undefined, Unmade>> {
    const { request, body } = this.#options
    const text = body.scan.field('input')
    if (request.operation.units?.ofRequest === undefined || text?.kind !== 'string') return done(undefined)
    const counted = await this.#run(countCharactersJob, undefined, [body.scan.bytes.subarray(text.start, text.end)])
    return counted.ok ? done({ unit: 'characters', amount: counted.value.told }) : counted
  }

  async #run<Head, Told>(
    job: Job<Head, Told>,
    head: Head,
    bodies: readonly Uint8Array[],
  ): Promise<Result<JobOutcome<Told>, Unmade>> {
    // The bytes may be those of another request by now.
    if (this.#isStopped) return new Promise(() => {})
    const { jobs, request } = this.#options
    const asked = { head, bodies: bodies.map((one) => [one]), owner: request.caller, hold: request.body }
    const running = jobs.run(job, asked)
    this.#running = running
    const outcome = await running.result
    return outcome.ok ? outcome : fail({ type: 'unmade', error: outcome.error })
  }
}

function* hasAny(bytes: Buffer, marks: readonly Buffer[]): Slices<boolean> {
  for (const mark of marks) if ((yield* searched(bytes, mark)) >= 0) return true
  return false
}
