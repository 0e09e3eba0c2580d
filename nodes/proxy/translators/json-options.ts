// What the translators of a request with a JSON body are made of.
import type { Clock } from '../../../shared/clock.ts'
import type { Slices } from '../../../shared/work/slices.ts'
import type { Jobs } from '../large/job.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { AskedJson, InferenceRequest } from '../request/inference-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'

export interface JsonTranslatorOptions {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
  readonly body: AskedJson
  readonly filters: readonly AnswerFilter[]
  /** Finds the files at a provider that the body names; undefined where it is not looked for any. */
  readonly findFiles: (() => Slices<readonly FileReference[]>) | undefined
  /** Whether the caller wants no parameter dropped. */
  readonly strict: boolean
  /** The wall clock in seconds since the epoch. */
  readonly nowSeconds: number
  readonly jobs: Jobs
  readonly clock: Clock
}
