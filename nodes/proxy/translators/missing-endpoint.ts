// Tells whether an upstream's error means that its server lacks the whole endpoint, and what is done instead.
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { ErrorAnswer, GatewayError } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { Target } from '../providers/endpoint.ts'
import { isTranslated } from './choose-translator.ts'

/** What takes the place of a missing endpoint: the same target, told in its own dialect; our own estimate, where no other target counts
 *  tokens; or another target alone. */
export type Instead = 'translate' | 'estimate' | 'another-target'

/** What is done instead where `error`, of an attempt that passed the caller's bytes through, means that the endpoint is missing.
 *  Undefined where it means something else, or nothing can take its place. */
export function insteadOfMissing(error: GatewayError, operation: Operation, target: Target): Instead | undefined {
  if (error.type !== 'upstream-rejected') return undefined
  const instead = insteadOf(operation, target)
  return instead !== undefined && isAboutThePath(error.answer) ? instead : undefined
}

function insteadOf(operation: Operation, target: Target): Instead | undefined {
  const { api, inbound, counts, dialect } = operation
  if (counts !== undefined) return 'estimate'
  if (inbound === undefined) return api === 'inference' ? 'another-target' : undefined
  return target.dialect.name !== dialect && isTranslated(operation, target) ? 'translate' : undefined
}

/** The words of a 404 where the endpoint is there, but not the model, or Azure's deployment of it. */
const aboutTheModel = /model|deployment/i

function isAboutThePath({ status, body }: ErrorAnswer): boolean {
  if (status === 405) return true
  if (status !== 404) return false
  const { message, code, param } = errorIn(body.toString('utf8'))
  if (typeof param === 'string' && param !== '') return false
  return ![message, code].some((text) => typeof text === 'string' && aboutTheModel.test(text))
}

interface ToldError {
  readonly message?: unknown
  readonly code?: unknown
  readonly param?: unknown
}

/** The error in a body. Servers write `{"error": {…}}`, `{"error": "…"}`, `{"message": …}` or `{"detail": …}`, and not all write
 *  JSON. */
function errorIn(text: string): ToldError {
  const value = tryParseExact(text)
  if (typeof value !== 'object' || value === null) return {}
  const { error, detail, ...told } = value as { error?: unknown; detail?: unknown } & ToldError
  if (typeof error === 'object' && error !== null) return error
  const message = [error, told.message, detail].find((one) => typeof one === 'string')
  return { ...told, message }
}
