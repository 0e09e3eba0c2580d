// Rows of the error table for what upstreams do.
import { invalid, passing, type RowOf, row, shown } from './error-row.ts'
import type { UpstreamGatewayError } from './gateway-error.ts'

type RowFor<Type extends UpstreamGatewayError['type']> = RowOf<Extract<UpstreamGatewayError, { type: Type }>>

/** What callers are asked to wait where no upstream said how long; it is jittered like every wait of an overload. */
const overloadedWaitMs = 2_000

export const upstreamRows: { readonly [Type in UpstreamGatewayError['type']]: RowFor<Type> } = {
  // The answer itself is forwarded; this row names it in records and events.
  'upstream-rejected': ({ answer }) =>
    row(answer.status, invalid, 'upstream_refused', 'The upstream refused the request.'),
  'rejected-in-stream': ({ status, code, message, param }) => ({
    status,
    type: invalid,
    code: code ?? null,
    retry: false,
    message,
    param,
  }),
  'upstream-error-event': row(502, 'server_error', 'upstream_error', 'The upstream reported an error in its answer.'),
  'upstream-limited': ({ retryAfterMs }) =>
    passing(
      row(
        429,
        'requests',
        'rate_limit_exceeded',
        'Every upstream of this model limits the rate now. Try again after the time given.',
      ),
      retryAfterMs,
    ),
  'upstream-busy': ({ provider, model, retryAfterMs }) =>
    passing(
      row(
        429,
        'requests',
        'rate_limit_exceeded',
        `The gateway has used up what the provider ${shown(provider)} lets it use of ${shown(model)}, and others wait for more. Try again after the time given.`,
      ),
      retryAfterMs,
    ),
  'upstream-overloaded': ({ retryAfterMs = overloadedWaitMs }) =>
    passing(
      row(
        503,
        'server_error',
        'overloaded',
        'Every upstream of this model is overloaded now. Try again after the time given.',
      ),
      retryAfterMs,
    ),
  'upstream-error': ({ message, provider }) => row(502, 'server_error', 'upstream_error', named(message, provider)),
  'upstream-timeout': ({ message, provider }) => row(504, 'server_error', 'upstream_timeout', named(message, provider)),
  'upstream-auth': ({ provider }) =>
    row(
      502,
      'server_error',
      'upstream_auth',
      named(
        'The upstream refused the credentials that the gateway holds for it. An operator has to renew them; your key is fine.',
        provider,
      ),
    ),
  'upstream-tls': ({ provider, cause }) => {
    const why = cause === undefined ? '' : `: ${cause}`
    const message = `The upstream could not be verified over TLS${why}.`
    return row(502, 'server_error', 'upstream_tls', named(message, provider))
  },
  'upstream-protocol': ({ provider }) =>
    row(
      502,
      'server_error',
      'upstream_protocol_error',
      named('The upstream answered with something that is not a valid answer.', provider),
    ),
}

/** Messages about one upstream begin with it; its name takes the place of the word. */
function named(message: string, provider: string | undefined): string {
  return provider === undefined ? message : message.replace(/^The upstream\b/, () => `The provider ${shown(provider)}`)
}
