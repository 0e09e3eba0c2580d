// Reads an object at a provider in the name of the gateway itself: no request of a caller, no record.
import type { Clock, Timer } from '../../../../shared/clock.ts'
import { headerLinesOf, requestFor } from '../../attempts/authorize-attempt.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import { directRoute } from '../../routing/model-route.ts'
import { ObjectTranslator } from '../../translators/object-translator.ts'
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamHead } from '../../upstream/upstream.ts'

export interface ProviderGet {
  /** With one credential. */
  readonly account: Target
  readonly path: string
  readonly upstream: Upstream
  readonly clock: Clock
}

/** The status of the answer; `failed` without one, or where it broke off. */
export type Got = number | 'failed'

/** A provider that says nothing for so long is given up. */
const idleMs = 60_000

/** `onData` is called with what comes of a success. A chunk is valid during the call alone. */
export function getFromProvider(
  { account, path, upstream, clock }: ProviderGet,
  onData: (chunk: Uint8Array) => void,
): Promise<Got> {
  const [credential] = account.credentials
  const call = { method: 'GET', headerLines: '', body: [], contentType: '' } as const
  const translator = new ObjectTranslator({ ...call, path: addressOf(account, path), tell: (bytes) => bytes })
  const lines = credential === undefined ? undefined : headerLinesOf(credential, account, translator)
  if (lines === undefined) return Promise.resolve('failed')
  const { timeouts } = directRoute('', account)
  return new Promise((resolve) => {
    const exchange = new Exchange(clock, onData, resolve)
    exchange.call = upstream.send(requestFor({ translator, target: account, timeouts }, lines), exchange)
  })
}

class Exchange implements UpstreamHandler {
  call: UpstreamCall | undefined
  readonly #clock: Clock
  readonly #onData: (chunk: Uint8Array) => void
  readonly #resolve: (got: Got) => void
  #status = 0
  #timer: Timer

  constructor(clock: Clock, onData: (chunk: Uint8Array) => void, resolve: (got: Got) => void) {
    this.#clock = clock
    this.#onData = onData
    this.#resolve = resolve
    this.#timer = this.#arm()
  }

  onBodySent(): void {}

  onHead({ status }: UpstreamHead): void {
    this.#status = status
  }

  onData(chunk: Uint8Array): void {
    this.#timer.cancel()
    this.#timer = this.#arm()
    if (this.#status >= 200 && this.#status <= 299) this.#onData(chunk)
  }

  onEnd(): void {
    this.#end(this.#status)
  }

  onError(): void {
    this.#end('failed')
  }

  #arm(): Timer {
    return this.#clock.after(idleMs, () => {
      this.call?.abort()
      this.#end('failed')
    })
  }

  #end(got: Got): void {
    this.#timer.cancel()
    this.#resolve(got)
  }
}
