// One message to one webhook, over a connection of its own. Where it may go is judged again when it goes: a name can point
// elsewhere by now, so every address that it resolves to is looked at, and what is connected to has passed. Redirects are
// not followed: they would lead around that.
import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../../../shared/clock.ts'
import { egressProblem } from '../../../shared/config/egress.ts'
import { isMetadataAddress, isPrivateAddress } from '../../../shared/network/addresses.ts'
import { nodeHttps, request as plainRequest } from '../../../shared/node-http.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { WebhookMessage } from './webhook-message.ts'

export interface WebhookTarget {
  readonly url: string
  readonly allowPrivate: boolean
}

export type Deliver = (target: WebhookTarget, message: WebhookMessage) => Promise<Result<undefined, string>>

const timeoutMs = 10_000
/** Nobody reads the answer; whoever sends more of it is hung up on. */
const answerBytesMax = 64 << 10

export function webhookClient({ egressStrict, clock }: { egressStrict: boolean; clock: Clock }): Deliver {
  return async ({ url, allowPrivate }, message) => {
    const refusal = egressProblem(url, { strict: egressStrict, allowPrivate })
    if (refusal !== undefined) return fail(`refused: ${refusal}`)
    const allows = (address: string) =>
      allowPrivate || !(egressStrict ? isPrivateAddress(address) : isMetadataAddress(address))
    return post(url, message, { lookup: allowedLookup(allows), clock })
  }
}

interface Means {
  readonly lookup: LookupFunction
  readonly clock: Clock
}

function post(url: string, message: WebhookMessage, { lookup, clock }: Means): Promise<Result<undefined, string>> {
  return new Promise((settle) => {
    const send = url.toLowerCase().startsWith('https:') ? nodeHttps().request : plainRequest
    const headers = { ...message.headers, 'content-length': String(Buffer.byteLength(message.body)) }
    const timer = clock.after(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    const resolve = (outcome: Result<undefined, string>) => {
      timer.cancel()
      settle(outcome)
    }
    const request = send(url, { method: 'POST', agent: false, lookup, headers }, (response) => {
      const status = response.statusCode ?? 0
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > answerBytesMax) request.destroy()
      })
      response.on('error', () => {})
      resolve(status >= 200 && status < 300 ? done(undefined) : fail(`it answered ${status}`))
    })
    request.on('error', (error) => resolve(fail(error.message)))
    request.end(message.body)
  })
}

function allowedLookup(allows: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { all: true }, (error, addresses) => {
      const allowed = (addresses ?? []).filter(({ address }) => allows(address))
      const [first] = allowed
      if (error !== null) callback(error, [])
      else if (first === undefined) callback(new Error(`refused: ${hostname} resolves to a private address`), [])
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}
