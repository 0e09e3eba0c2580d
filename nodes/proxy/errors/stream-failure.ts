// What an error event in an upstream's stream means.
import type { ChatError } from '../../../shared/chat/error.ts'
import { failureOfChatError } from './answered-failure.ts'
import type { GatewayError } from './gateway-error.ts'
import { toldCode } from './told-code.ts'
import { brokenAnswer, type UpstreamFailure } from './upstream-failure.ts'
import { keptText } from './upstream-text.ts'

/** An error in the place of the first event means what an answer with its status would mean. `error` is undefined where the
 *  event was not understood; `message` is what it said. */
export function failureInStream(error: ChatError | undefined, message: string | undefined): UpstreamFailure {
  switch (error?.kind) {
    case 'invalid-request':
    case 'context-length':
    case 'content-policy':
    case 'too-large':
      return { outcome: 'http-error', condition: undefined, error: rejectedInStream(error) }
    case 'authentication':
    case 'permission':
    case 'quota':
    case 'rate-limit':
      return failureOfChatError({ status: 429, contentType: '', retryAfterMs: undefined, body: noBody }, error)
    case 'overloaded':
      return { ...errorEvent(message), passing: 'overloaded', retryAfterMs: error.retryAfterMs }
    default:
      return errorEvent(message)
  }
}

/** An answer with a good status that is an error. Another target may answer, whatever the error is. `error` is undefined where the
 *  answer has no words. */
export function failureInAnswer(error: ChatError | undefined): UpstreamFailure {
  if (error === undefined || error.message === '') return brokenAnswer
  const failure = failureInStream(error, error.message)
  return { ...failure, condition: failure.condition ?? '5xx' }
}

function errorEvent(message: string | undefined): UpstreamFailure {
  const error = { type: 'upstream-error-event', message } as const
  return { outcome: 'http-error', condition: '5xx', error, said: keptText(message) }
}

function rejectedInStream(error: ChatError): GatewayError {
  const { message, param, kind } = error
  const status = kind === 'too-large' ? 413 : 400
  return { type: 'rejected-in-stream', status, code: toldCode(error), message, param }
}

const noBody = Buffer.alloc(0)
