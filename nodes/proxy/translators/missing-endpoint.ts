// Tells whether an upstream's error means that its server lacks the whole endpoint, for which the request can be translated instead.
import { tryParseExact } from '../../../shared/json/exact.ts'
import type { ErrorAnswer, GatewayError } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { Target } from '../providers/endpoint.ts'
import { isTranslated } from './choose-translator.ts'

/** Whether `error`, of an attempt that passed the caller's bytes through, means that the endpoint is missing. */
export function missesEndpoint(error: GatewayError, operation: Operation, target: Target): boolean {
  if (error.type !== 'upstream-rejected' || target.dialect.name === operation.dialect) return false
  return isTranslated(operation, target) && isAboutThePath(error.answer)
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
