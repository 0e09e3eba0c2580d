// A request about a response that a provider holds: it goes there with the credential that made the response, and what comes
// back goes to the caller as it is.

import { bounds } from '../../../../shared/bounds.ts'
import type { Clock, Timer } from '../../../../shared/clock.ts'
import type { GatewayError } from '../../errors/error-table.ts'
import { failureOfError, forwardedAnswer } from '../../errors/upstream-failure.ts'
import type { Reply } from '../../http/http.ts'
import type { Credential } from '../../providers/credential.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { Upstream, UpstreamCall, UpstreamError, UpstreamHandler, UpstreamHead } from '../../upstream/upstream.ts'

export interface HeldCallOptions {
  readonly target: Target
  readonly credential: Credential
  readonly upstream: Upstream
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Behind the provider's base path: '/responses/…', with its query. */
  readonly path: string
  readonly reply: Reply
  readonly requestId: string
  readonly clock: Clock
  refuse(refusal: GatewayError): void
  /** The provider did it. */
  onDone(): void
}

const connectTimeoutMs = 2_000
const answerMsMax = 30_000

export class ForwardedCall implements UpstreamHandler {
  readonly #options: HeldCallOptions
  readonly #timer: Timer
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #call: UpstreamCall | undefined
  #status = 0
  #contentType = ''
  #streams = false

  constructor(options: HeldCallOptions) {
    this.#options = options
    this.#timer = options.clock.after(answerMsMax, () => this.#giveUp({ type: 'upstream-timeout', message: timedOut }))
  }

  start(): void {
    const { target, credential, upstream, method, reply } = this.#options
    const path = addressOf(target, this.#options.path)
    const shown = { method, host: target.origin.host, path, body: [] }
    const proof = credential.sign === undefined ? '' : credential.sign(shown)
    if (proof === undefined) return this.#giveUp({ type: 'upstream-auth' })
    reply.onGone = () => this.#leave()
    reply.onWritable = () => this.#call?.resume()
    const headerLines = credential.headerLines + proof
    this.#call = upstream.send({ origin: target.origin, method, path, headerLines, body: [], connectTimeoutMs }, this)
  }

  onBodySent(): void {}

  onHead(head: UpstreamHead): void {
    this.#status = head.status
    this.#contentType = head.header('content-type') ?? 'application/json'
    this.#streams = head.status === 200 && this.#contentType.startsWith('text/event-stream')
    if (!this.#streams) return
    this.#timer.cancel()
    const { reply, requestId } = this.#options
    reply.begin(200, ['content-type', this.#contentType, 'x-request-id', requestId, 'cache-control', 'no-cache'])
  }

  onData(chunk: Uint8Array): void {
    if (this.#streams) {
      if (this.#options.reply.write(chunk) === 'full') this.#call?.pause()
      return
    }
    this.#bytes += chunk.length
    if (this.#bytes > bounds.unaryAnswerBytesMax) this.#giveUp({ type: 'upstream-protocol' })
    else this.#chunks.push(Buffer.from(chunk))
  }

  onEnd(): void {
    this.#timer.cancel()
    const { reply, requestId, onDone, refuse } = this.#options
    if (this.#streams) {
      reply.end()
      return
    }
    const body = Buffer.concat(this.#chunks)
    const status = this.#status
    if (status === 401 || status === 403) refuse({ type: 'upstream-auth' })
    else if (status >= 200 && status < 300) {
      onDone()
      reply.send(status, ['content-type', this.#contentType, 'x-request-id', requestId], body)
    } else {
      const told = { status, contentType: this.#contentType, retryAfterMs: undefined, body }
      const answer = forwardedAnswer(told, 'openai', requestId)
      reply.send(answer.status, answer.headers, answer.body)
    }
  }

  onError(error: UpstreamError): void {
    this.#timer.cancel()
    if (this.#streams) this.#options.reply.abort()
    else this.#options.refuse(failureOfError(error).error)
  }

  #giveUp(refusal: GatewayError): void {
    this.#leave()
    this.#options.refuse(refusal)
  }

  #leave(): void {
    this.#timer.cancel()
    this.#call?.abort()
  }
}

const timedOut = 'The upstream that holds the response did not answer in time.'
