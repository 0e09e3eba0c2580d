// Maps errors of the NATS client to the troubles of a stream. The question that matters: can the message have been
// stored?
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { PublishTrouble, StreamTrouble } from './stream-trouble.ts'

/** Error codes of the JetStream API. */
const code = {
  clusterNoPeers: 10005,
  resourcesExceeded: 10023,
  noMessageFound: 10037,
  messageDeleteFailed: 10057,
  storageExceeded: 10047,
  nameInUse: 10058,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  wrongLastSequenceUnknown: 10164,
  storeFailed: 10077,
} as const

export function isApiError(error: unknown, name: keyof typeof code): boolean {
  return error instanceof JetStreamApiError && error.code === code[name]
}

/** Maps the error of a request that changes nothing, or that may be repeated. */
export function streamTrouble(error: unknown): StreamTrouble {
  if (isApiError(error, 'streamNotFound')) return { type: 'missing', message: 'the stream is gone' }
  return { type: 'unavailable', message: sentence(error) }
}

export function publishTrouble(error: unknown): PublishTrouble {
  if (isApiError(error, 'wrongLastSequence') || isApiError(error, 'wrongLastSequenceUnknown')) {
    return { type: 'wrong-last-sequence', message: sentence(error) }
  }
  const isFull = (['storeFailed', 'resourcesExceeded', 'storageExceeded'] as const).some((one) =>
    isApiError(error, one),
  )
  if (isFull) return { type: 'full', message: `the stream takes no more: ${sentence(error)}` }
  if (error instanceof JetStreamApiError || isNoResponder(error))
    return { type: 'unavailable', message: sentence(error) }
  // A time-out, a connection that closed during the request, or any other error: the message may have been stored.
  return { type: 'no-ack', message: sentence(error) }
}

/** True when no server took the message: no stream has this subject now, or the stream has no leader. */
function isNoResponder(error: unknown): boolean {
  if (error instanceof errors.NoRespondersError) return true
  if (error instanceof errors.RequestError) return error.isNoResponders()
  // The JetStream client reports it as "JetStream not enabled", with the original error as the cause.
  return error instanceof Error && error.cause !== undefined && isNoResponder(error.cause)
}

function sentence(error: unknown): string {
  if (isNoResponder(error)) return 'nobody answers for the stream'
  if (error instanceof errors.TimeoutError) return 'the server did not answer in time'
  return error instanceof Error ? error.message.slice(0, 200) : 'failed'
}
