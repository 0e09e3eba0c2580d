// Errors of Bedrock: {"message"}, with the name of the exception in a header, in the body, or as the type of a stream
// message.
import { type ChatError, type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { isObject } from '../common/body-reader.ts'
import { plainMessage } from '../openai/error.ts'
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

export function parseBedrockError(status: number, body: Buffer): ChatError {
  const value = tryParseExact(body.toString('utf8'))
  if (!isObject(value)) return { kind: errorKindOfStatus(status), message: plainMessage(body) }
  const { message, Message, __type: type } = value
  const text = typeof message === 'string' ? message : typeof Message === 'string' ? Message : ''
  return errorOf(typeof type === 'string' ? type : '', text, errorKindOfStatus(status))
}

/** Parses an exception message of a stream, which may come before or after its first event (wire 62). */
export function readBedrockException({ name, errorMessage, body }: AwsMessage): ChatError {
  const value = tryParseExact(Buffer.from(body).toString('utf8'))
  const message = isObject(value) && typeof value['message'] === 'string' ? value['message'] : errorMessage
  return errorOf(name, message, 'server')
}

function errorOf(type: string, message: string, otherwise: ChatErrorKind): ChatError {
  const name = type.slice(type.lastIndexOf('#') + 1)
  const kind = kinds[name.replace(/Exception$/i, '').toLowerCase()] ?? otherwise
  const tooLong =
    kind === 'invalid-request' && /too long|too many (input )?tokens|context (window|length)/i.test(message)
  return { kind: tooLong ? 'context-length' : kind, message, code: name === '' ? undefined : name }
}
