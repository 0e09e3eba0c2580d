// What a request to the Responses API says of state: whether its answer shall be stored, and what it goes on from.
import type { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'

export interface StorageOptions {
  readonly store: boolean
  /** The caller said so; else it is what the API does by itself. */
  readonly storeIsAsked: boolean
  readonly previous: string | undefined
  /** Its input may name items of earlier responses. */
  readonly references: boolean
}

/** As the table of refusals has it. */
export interface BadParameter {
  readonly type: 'bad-body'
  readonly code: string
  readonly message: string
  readonly param: string
}

/** Undefined: it neither reads nor leaves anything, and nothing of all this is done for it. */
export function readStorageOptions(scan: BodyScan): Result<StorageOptions | undefined, BadParameter> {
  const store = scan.field('store')
  const isGiven = store !== undefined && store.kind !== 'null'
  if (isGiven && store.kind !== 'true' && store.kind !== 'false')
    return fail(badParameter('store', 'must be true or false'))
  const conversation = scan.field('conversation')
  if (conversation !== undefined && conversation.kind !== 'null') {
    const message = 'is not supported: go on with `previous_response_id`, or send the whole conversation as `input`'
    return fail({ ...badParameter('conversation', message), code: 'unsupported_parameter' })
  }
  if (scan.field('background')?.kind === 'true') {
    const message = 'must be false: answers are made while you wait'
    return fail({ ...badParameter('background', message), code: 'unsupported_parameter' })
  }
  const previous = scan.field('previous_response_id')
  if (previous !== undefined && previous.kind !== 'null' && previous.kind !== 'string') {
    return fail(badParameter('previous_response_id', 'must be the id of a response'))
  }
  const id = scan.text('previous_response_id')
  if (store?.kind === 'false' && id === undefined) return done(undefined)
  return done({
    store: store?.kind !== 'false',
    storeIsAsked: store?.kind === 'true',
    previous: id,
    references: scan.bytes.includes('"item_reference"'),
  })
}

export function badParameter(param: string, message: string): BadParameter {
  return { type: 'bad-body', code: 'invalid_value', message: `\`${param}\` ${message}.`, param }
}
