// What a request for a batch asks for: whether its file and its models are the caller's, and what the provider is sent.
import { done, fail, type Result } from '../../../../shared/result.ts'
import { mayUse } from '../../auth/callers.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { markName, membersOf } from '../../provider-objects/object-answers.ts'
import type { Mark, ObjectIds, ObjectRef, Payer } from '../../provider-objects/object-ids.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { bad, readObject } from '../../request/json-body.ts'
import { resolveModel } from '../../request/model-access.ts'
import { accountNamed } from './account.ts'

export interface AskedBatch {
  readonly account: Target
  readonly mark: Mark
  /** JSON. */
  readonly body: string
}

/** A request for a batch names a file and at most 16 pairs of metadata. */
const batchBytesMax = 1 << 20
/** Pairs of a batch's metadata: the API has 16, one of which is ours. */
const metadataPairsMax = 15

export function readBatch(request: AuthenticatedRequest, ids: ObjectIds): Result<AskedBatch, GatewayError> {
  if (request.body.bytes.length > batchBytesMax) return fail({ type: 'body-too-large', maxBytes: batchBytesMax })
  const asked = readObject(request.body.bytes)
  if (!asked.ok) return asked
  const file = fileOf(request, asked.value['input_file_id'], ids)
  if (!file.ok) return file
  const { ref, account } = file.value
  const denied = ref.models.find((model) => !mayUse(request.caller, model) && !resolveModel(model, request).ok)
  if (denied !== undefined) return fail({ type: 'model-not-allowed', model: denied })
  const pairs = metadataIn(asked.value['metadata'])
  if (!pairs.ok) return pairs
  const mark = { owner: ref.owner, models: ref.models }
  const metadata = { ...pairs.value, [markName]: markToken(request, mark, ids) }
  return done({ account, mark, body: JSON.stringify({ ...asked.value, input_file_id: ref.id, metadata }) })
}

/** Values of a batch's metadata have at most so many characters. */
const tokenLengthMax = 512

/** The mark with the names of whoever pays. Where they are too long together, the names that nothing else tells go last: those of the key
 *  lead to its owner. */
function markToken({ caller, user }: AuthenticatedRequest, mark: Mark, ids: ObjectIds): string {
  const { keyId, team, app, costCenter } = caller
  const none = { team: '', user: '', app: '', costCenter: '' }
  const payers: Payer[] = [
    { keyId, team, user, app, costCenter },
    { keyId, ...none, user },
    { keyId, ...none },
  ]
  const tokens = payers.map((payer) => ids.tokenOf({ ...mark, payer }))
  return tokens.find(({ length }) => length <= tokenLengthMax) ?? ids.tokenOf(mark)
}

function fileOf(
  { caller, snapshot }: AuthenticatedRequest,
  id: unknown,
  ids: ObjectIds,
): Result<{ ref: ObjectRef; account: Target }, GatewayError> {
  if (typeof id !== 'string')
    return fail(bad('missing_required_parameter', '`input_file_id` is missing.', 'input_file_id'))
  const ref = ids.open(id, 'file')
  const account = ref === undefined ? undefined : accountNamed(snapshot, ref.provider, ref.credential)
  if (ref === undefined || ref.owner !== caller.owner || account === undefined)
    return fail({ type: 'unknown-object', kind: 'file' })
  if (ref.models.length === 0)
    return fail(bad('invalid_value', 'The file was not uploaded with the purpose `batch`.', 'input_file_id'))
  return done({ ref, account })
}

function metadataIn(metadata: unknown): Result<Readonly<Record<string, unknown>>, GatewayError> {
  const pairs = metadata === undefined || metadata === null ? {} : membersOf(metadata)
  if (pairs !== undefined && Object.keys(pairs).length <= metadataPairsMax && !Object.hasOwn(pairs, markName))
    return done(pairs)
  const message = `\`metadata\` must be an object of at most ${metadataPairsMax} pairs, none of them \`${markName}\`.`
  return fail(bad('invalid_value', message, 'metadata'))
}
