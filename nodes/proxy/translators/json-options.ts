// What the translators of a request with a JSON body are made of.
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
  /** The files at a provider that the body names; undefined where nobody looked for them. */
  readonly files: readonly FileReference[] | undefined
  /** Whether the caller wants no parameter dropped. */
  readonly strict: boolean
  /** The wall clock in seconds since the epoch. */
  readonly nowSeconds: number
  readonly jobs: Jobs
}
