// Everything that may go wrong: one table from what it is to status, type, code and retry hint. Messages say what was wrong,
// where, what was expected and what to do, and never repeat a secret.
import type { HttpError } from '../http/http.ts'
import type { Ineligible } from '../translators/translator.ts'
import { type ConversationError, conversationErrorRow } from './conversation-errors.ts'
import { invalid, passing, type Row, row, shown } from './error-row.ts'

export type GatewayError =
  | HttpError
  | { type: 'bad-body'; code: string; message: string; param?: string | undefined }
  | { type: 'missing-key' }
  | { type: 'unknown-key' }
  | { type: 'ambiguous-credentials' }
  | { type: 'model-not-allowed'; model: string }
  | { type: 'unknown-model'; model: string; nearest: readonly string[] }
  | { type: 'unknown-path'; nearest: string | undefined }
  | { type: 'method-not-allowed'; allow: string }
  | { type: 'upgrade-required' }
  | { type: 'unknown-object'; kind: 'file' | 'batch' }
  | { type: 'not-served'; what: string }
  | { type: 'no-config' }
  | { type: 'config-damaged' }
  | { type: 'no-target'; model: string }
  /** No target can take the request; `models` could. */
  | {
      type: 'unable'
      model: string
      ineligible: Exclude<Ineligible, { type: 'unreadable' }>
      models: readonly string[]
    }
  | ConversationError
  | UpstreamRejected
  | { type: 'upstream-limited'; retryAfterMs: number }
  | { type: 'upstream-error'; message: string }
  | { type: 'upstream-timeout'; message: string }
  | { type: 'upstream-auth' }
  | { type: 'upstream-tls' }
  | { type: 'upstream-protocol' }

/** What an upstream said in the place of an answer, with the status that it means. */
export interface UpstreamRejected {
  readonly type: 'upstream-refused'
  readonly status: number
  readonly code: string | undefined
  readonly message: string
  readonly param: string | undefined
}

/** The row of the error table that a refusal stands in. */
export function errorRow(refusal: GatewayError): Row {
  switch (refusal.type) {
    case 'bad-framing':
      return { status: 400, type: invalid, code: 'bad_framing', retry: false, message: refusal.message }
    case 'length-required':
      return row(
        411,
        invalid,
        'length_required',
        'The body must come with a Content-Length; chunked bodies are not accepted here.',
      )
    case 'body-too-large':
      return row(413, invalid, 'request_too_large', `The body is larger than the limit of ${refusal.maxBytes} bytes.`)
    case 'unsupported-media-type':
      return row(415, invalid, 'unsupported_media_type', refusal.message)
    case 'bad-content-type':
      return row(400, invalid, 'bad_content_type', refusal.message)
    case 'unsupported-encoding':
      return row(415, invalid, 'unsupported_content_encoding', 'Send the body without a Content-Encoding.')
    case 'expectation-failed':
      return row(417, invalid, 'expectation_failed', 'The only expectation accepted is 100-continue.')
    case 'unknown-host':
      return row(
        421,
        invalid,
        'unknown_host',
        'This host name is not served here. Check the Host header or HEADGATE_HOSTS.',
      )
    case 'overloaded':
      return passing(
        row(503, 'server_error', 'overloaded', 'The gateway is shedding load. Try again after the time given.'),
        refusal.retryAfterMs,
      )
    case 'internal':
      return row(
        500,
        'server_error',
        'internal_error',
        'Something broke inside the gateway. The request id leads to its record.',
      )
    case 'bad-body':
      return { ...row(400, invalid, refusal.code, refusal.message), param: refusal.param }
    case 'missing-key':
      return {
        ...row(
          401,
          invalid,
          'missing_api_key',
          'No API key was sent. Send one as `Authorization: Bearer …` or `x-api-key: …`.',
        ),
        headers: ['www-authenticate', 'Bearer'],
      }
    case 'unknown-key':
      return {
        ...row(
          401,
          invalid,
          'invalid_api_key',
          'The API key is not valid here. Check that it is complete, current and from this gateway.',
        ),
        headers: ['www-authenticate', 'Bearer'],
      }
    case 'ambiguous-credentials':
      return row(
        400,
        invalid,
        'ambiguous_credentials',
        'Two different credentials were sent in `Authorization` and `x-api-key`. Send one.',
      )
    case 'model-not-allowed':
      return {
        ...row(
          403,
          'permission_error',
          'model_not_allowed',
          `This key may not use the model ${shown(refusal.model)}. GET /v1/models lists what it may use.`,
        ),
        param: 'model',
      }
    case 'unknown-model':
      return { ...row(404, invalid, 'model_not_found', unknownModel(refusal)), param: 'model' }
    case 'unknown-path':
      return row(
        404,
        invalid,
        'unknown_path',
        refusal.nearest === undefined
          ? 'There is nothing at this path.'
          : `There is nothing at this path. Did you mean ${refusal.nearest}?`,
      )
    case 'method-not-allowed':
      return {
        ...row(405, invalid, 'method_not_allowed', `This path takes ${refusal.allow}.`),
        headers: ['allow', refusal.allow],
      }
    case 'unknown-object':
      return { ...row(404, invalid, 'not_found', `There is no such ${refusal.kind} for this key.`), param: 'id' }
    case 'upgrade-required':
      return upgradeRequired
    case 'not-served':
      return row(501, invalid, 'not_supported', `${refusal.what} is not served by this version.`)
    case 'no-config':
      return passing(row(503, 'server_error', 'no_config', 'The gateway has no configuration yet.'), 1_000)
    case 'config-damaged':
      return passing(row(503, 'server_error', 'config_damaged', configDamaged), 30_000)
    case 'state-away':
    case 'chain-too-long':
    case 'response-unknown':
      return conversationErrorRow(refusal)
    case 'no-target':
      return passing(
        row(
          503,
          'server_error',
          'overloaded',
          `No target of the model ${shown(refusal.model)} can take the request now.`,
        ),
        1_000,
      )
    case 'unable':
      return ineligibleRow(refusal)
    case 'upstream-refused':
      return { ...refusal, type: invalid, code: refusal.code ?? null, retry: false }
    case 'upstream-limited':
      return passing(
        row(
          429,
          'requests',
          'rate_limit_exceeded',
          'Every upstream of this model limits the rate now. Try again after the time given.',
        ),
        refusal.retryAfterMs,
      )
    case 'upstream-error':
      return row(502, 'server_error', 'upstream_error', refusal.message)
    case 'upstream-timeout':
      return row(504, 'server_error', 'upstream_timeout', refusal.message)
    case 'upstream-auth':
      return row(
        502,
        'server_error',
        'upstream_auth',
        'The upstream refused the credentials that the gateway holds for it. An operator has to renew them; your key is fine.',
      )
    case 'upstream-tls':
      return row(502, 'server_error', 'upstream_tls', 'The upstream could not be verified over TLS.')
    case 'upstream-protocol':
      return row(
        502,
        'server_error',
        'upstream_protocol_error',
        'The upstream answered with something that is not a valid answer.',
      )
  }
}

const upgradeRequired: Row = {
  ...row(426, invalid, 'upgrade_required', 'This path takes WebSocket connections: GET with `Upgrade: websocket`.'),
  headers: ['upgrade', 'websocket'],
}

const configDamaged = 'Every copy of the configuration is damaged. An operator has to restore one.'

/** `models` could do what the model's targets cannot. */
export function ineligibleError(
  ineligible: Ineligible,
  { model, models }: { model: string; models: readonly string[] },
): GatewayError {
  if (ineligible.type !== 'unreadable') return { type: 'unable', model, ineligible, models }
  const { path, message, code = 'invalid_value' } = ineligible
  return { type: 'bad-body', code, message: `\`${path}\` ${message}.`, param: path }
}

function ineligibleRow({ model, ineligible, models }: Extract<GatewayError, { type: 'unable' }>): Row {
  const others =
    models.length === 0 ? 'No model that you may use could.' : `These models could: ${models.map(shown).join(', ')}.`
  switch (ineligible.type) {
    case 'missing-capability': {
      const asked = `it asks for ${ineligible.capability} (${shown(ineligible.what)})`
      const message = `The model ${shown(model)} cannot take this request: ${asked}. ${others}`
      return { ...row(400, invalid, 'unsupported_capability', message), param: ineligible.what }
    }
    case 'unsupported-params': {
      const params = ineligible.params.map(shown).join(', ')
      const message = `In strict mode the model ${shown(model)} cannot take ${params}. ${others}`
      return { ...row(400, invalid, 'unsupported_parameter', message), param: ineligible.params[0] }
    }
    case 'elsewhere': {
      const message = `The model ${shown(model)} cannot go on from this response: it lies with the provider ${shown(ineligible.provider)}, where none of the model's targets is. ${others}`
      return { ...row(400, invalid, 'previous_response_elsewhere', message), param: 'previous_response_id' }
    }
    case 'unspoken': {
      const message = `The model ${shown(model)} cannot be used at ${ineligible.route}. ${others}`
      return { ...row(400, invalid, 'unsupported_endpoint', message), param: 'model' }
    }
  }
}

function unknownModel({ model, nearest }: { model: string; nearest: readonly string[] }): string {
  const hint =
    nearest.length === 0 ? 'GET /v1/models lists the models.' : `Did you mean ${nearest.map(shown).join(', ')}?`
  return `There is no model ${shown(model)}. ${hint}`
}
