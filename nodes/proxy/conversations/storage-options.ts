// Reads the options of a request to the Responses API that concern stored responses: `store`, `previous_response_id`, item references.
import type { WantedField } from '../../../shared/json/body-fields.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'

export interface StorageOptions {
  readonly store: boolean
  /** The request sets `store: true` itself; by default answers are stored too. */
  readonly storeIsAsked: boolean
  /** The response that the request continues. */
  readonly previous: string | undefined
  /** The input may refer to items of earlier responses. */
  readonly references: boolean
}

/** The gateway error `bad-body`. */
export interface BadParameter {
  readonly type: 'bad-body'
  readonly code: string
  readonly message: string
  readonly param: string
}

/** Returns undefined for a request that neither continues nor stores a response. */
export function readStorageOptions(scan: BodyScan): Result<StorageOptions | undefined, BadParameter> {
  const problem = problemOf(scan)
  if (problem !== undefined) return fail(problem)
  const store = scan.field('store')?.kind
  const previous = scan.text('previous_response_id') || undefined
  if (store === 'false' && previous === undefined) return done(undefined)
  return done({
    store: store !== 'false',
    storeIsAsked: store === 'true',
    previous,
    references: scan.bytes.includes('"item_reference"'),
  })
}

function problemOf(scan: BodyScan): BadParameter | undefined {
  if (!hasKind(scan, 'store', ['true', 'false'])) return badParameter('store', 'must be true or false')
  if (!hasKind(scan, 'conversation', [])) {
    const message = 'is not supported: go on with `previous_response_id`, or send the whole conversation as `input`'
    return { ...badParameter('conversation', message), code: 'unsupported_parameter' }
  }
  if (scan.field('background')?.kind === 'true') {
    const message = 'must be false: answers are made while you wait'
    return { ...badParameter('background', message), code: 'unsupported_parameter' }
  }
  if (hasKind(scan, 'previous_response_id', ['string'])) return undefined
  return badParameter('previous_response_id', 'must be the id of a response')
}

/** Whether a member is absent, null or empty, or of one of the kinds. */
function hasKind(scan: BodyScan, member: WantedField, kinds: readonly string[]): boolean {
  const kind = scan.field(member)?.kind
  return kind === undefined || scan.text(member) === '' || kind === 'null' || kinds.includes(kind)
}

export function badParameter(param: string, message: string): BadParameter {
  return { type: 'bad-body', code: 'invalid_value', message: `\`${param}\` ${message}.`, param }
}
