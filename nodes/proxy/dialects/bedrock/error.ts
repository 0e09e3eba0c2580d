// Errors of Bedrock: {"message"}, with the name of the exception in a header, in the body, or as the type of a stream
// message.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'
import { closerKind } from '../common/errors/closer-kind.ts'
import { errorObjectIn, wordsIn, wordsOfBody } from '../common/errors/error-words.ts'
import { statedWaitMs } from '../common/errors/stated-wait.ts'
import type { AwsMessage } from './event-message.ts'

const kinds: Readonly<Record<string, ChatErrorKind>> = {
  accessdenied: 'permission',
  internalserver: 'server',
  modelerror: 'server',
  modelnotready: 'overloaded',
  modelstreamerror: 'server',
  modeltimeout: 'timeout',
  resourcenotfound: 'not-found',
  servicequotaexceeded: 'rate-limit',
  serviceunavailable: 'overloaded',
  throttling: 'rate-limit',
  toomanyrequests: 'rate-limit',
  expiredtoken: 'authentication',
  unrecognizedclient: 'authentication',
  incompletesignature: 'authentication',
  invalidsignature: 'authentication',
  validation: 'invalid-request',
}

/** `errorType`: the header `x-amzn-errortype`, where Bedrock names the exception. */
export function parseBedrockError(status: number, body: Buffer, errorType?: string): ChatError {
  const { __type: type, code } = errorObjectIn(body) ?? {}
  const name = [errorType, type, code].find((one) => typeof one === 'string' && one !== '')
  return errorOf(typeof name === 'string' ? name : '', wordsOfBody(body), errorKindOfStatus(status))
}

/** Parses an exception message of a stream, which may come before or after its first event (wire 62). */
export function readBedrockException({ name, errorMessage, body }: AwsMessage): ChatError {
  const value = tryParseExact(Buffer.from(body).toString('utf8'))
  const message = (isObject(value) ? wordsIn(value) : undefined) ?? errorMessage
  return errorOf(name, message, 'server')
}

function errorOf(type: string, message: string, otherwise: ChatErrorKind): ChatError {
  const name = nameOf(type)
  const kind = kinds[name.replace(/Exception$/i, '').toLowerCase()] ?? otherwise
  return {
    kind: closerKind(kind, message),
    message,
    code: name === '' ? undefined : name,
    retryAfterMs: statedWaitMs({}, message),
  }
}

/** The name of an exception without its namespace and its address: `com.amazon#ThrottlingException:http://…`. */
function nameOf(type: string): string {
  const [name = ''] = type.split(/[:,]/)
  return name.slice(name.lastIndexOf('#') + 1).trim()
}
