// A file on its way to a provider: read for where it goes and whose it is, and marked.

import type { Clock } from '../../../../shared/clock.ts'
import { editForm, type FormEdit, namePrefix, newContent } from '../../../../shared/form/edit-form.ts'
import { boundaryOf, type FormPart, type FormScan, scanFormInSlices } from '../../../../shared/form/scan-form.ts'
import { isForbidden } from '../../../../shared/json/body-fields.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import { priceRefusal } from '../../accounting/priced-target.ts'
import { type GatewayError, unparsedError } from '../../errors/gateway-error.ts'
import { inSlices } from '../../large/in-slices.ts'
import { batchLinesInSlices } from '../../provider-objects/batch-lines.ts'
import { markedFileName } from '../../provider-objects/object-answers.ts'
import type { Mark, ObjectIds } from '../../provider-objects/object-ids.ts'
import type { Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { bad, forbiddenParam } from '../../request/json-body.ts'
import { resolveModel } from '../../request/model-access.ts'
import { accountNamed, namedAccount, providerRequired } from './account.ts'

export interface Upload {
  readonly account: Target
  readonly mark: Mark
  readonly body: readonly Uint8Array[]
  readonly fileBytes: number
}

/** The token is part of a file's name and a value of a batch's metadata, which has at most 512 characters. */
const tokenLengthMax = 512

export async function readUpload(
  request: AuthenticatedRequest,
  { ids, owner, clock }: { ids: ObjectIds; owner: string; clock: Clock },
): Promise<Result<Upload, GatewayError>> {
  const { head, body, snapshot, caller } = request
  const { contentType = '' } = head
  const boundary = boundaryOf(contentType)
  if (boundary === undefined || !/^[\x20-\x7e]+$/.test(contentType))
    return fail(bad('invalid_form', 'The header content-type names no boundary that can be used.'))
  const scan = await inSlices(scanFormInSlices(body.bytes, boundary), clock)
  if ('message' in scan) return fail(bad('invalid_form', scan.message))
  const parts = partsOf(scan)
  if (!parts.ok) return parts
  const { file, purpose } = parts.value
  const named = namedAccount(head, { snapshot, caller, dialect: 'openai-files' })
  if (!named.ok) return named
  const content = body.bytes.subarray(file.contentStart, file.end)
  let account = named.value
  let models: readonly string[] = []
  const edits: FormEdit[] = []
  if (purpose === 'batch') {
    // The file is written anew, with the names of models that the provider knows.
    const noRoom = body.charge(content.length)
    if (noRoom !== undefined) return fail(unparsedError(noRoom))
    const choice = new BatchChoice(request, account)
    const lines = await inSlices(
      batchLinesInSlices(content, (model) => choice.nameOf(model)),
      clock,
    )
    if (!lines.ok) return fail(bad('invalid_batch_line', `Line ${lines.error.line} ${lines.error.message}.`, 'file'))
    account = choice.account
    models = lines.value.models
    edits.push(newContent(file, lines.value.content))
  }
  if (account === undefined) return fail(providerRequired(snapshot, caller, 'openai-files'))
  const mark = { owner, models }
  const token = ids.tokenOf(mark)
  if (token.length > tokenLengthMax)
    return fail(bad('invalid_batch_line', 'The names of the models are too long together.', 'file'))
  edits.push(...namePrefix(scan, file, markedFileName(token)))
  return done({ account, mark, body: editForm(scan, edits), fileBytes: content.length })
}

/** A purpose is a word. */
const purposeBytesMax = 256

function partsOf(scan: FormScan): Result<{ file: FormPart; purpose: string }, GatewayError> {
  const forbidden = scan.parts.find(({ name }) => isForbidden(name))
  if (forbidden !== undefined) return fail(forbiddenParam(forbidden.name))
  for (const name of ['file', 'purpose']) {
    const count = scan.parts.filter((part) => part.name === name).length
    if (count === 0) return fail(bad('missing_required_parameter', `\`${name}\` is missing.`, name))
    if (count > 1) return fail(bad('invalid_form', `The form has the part \`${name}\` twice.`, name))
  }
  const ambiguous = scan.parts.find(({ name }) => /^(file|purpose)\s*\[/.test(name))
  if (ambiguous !== undefined) return fail(bad('invalid_form', 'A part has an ambiguous name.'))
  const file = scan.parts.find(({ name }) => name === 'file')!
  const purpose = scan.parts.find(({ name }) => name === 'purpose')!
  if (
    file.filename === undefined ||
    purpose.filename !== undefined ||
    /transfer-encoding|charset/i.test(purpose.head + file.head)
  ) {
    return fail(bad('invalid_form', '`file` must be a file, and `purpose` a plain value.', 'file'))
  }
  // Whoever compares it loosely must not find a batch where none was found here.
  if (purpose.end - purpose.contentStart > purposeBytesMax)
    return fail(bad('invalid_value', '`purpose` is too long.', 'purpose'))
  const said = scan.bytes.toString('utf8', purpose.contentStart, purpose.end)
  const isBatch = said.trim().toLowerCase() === 'batch'
  if (isBatch && said !== 'batch') return fail(bad('invalid_value', '`purpose` must be written `batch`.', 'purpose'))
  return done({ file, purpose: said })
}

type BatchRequest = Pick<AuthenticatedRequest, 'snapshot' | 'caller' | 'operation' | 'receivedAtMs'>

/** The provider of a batch: as named, else the first that has the first line's model. */
class BatchChoice {
  readonly #request: BatchRequest
  account: Target | undefined

  constructor(request: BatchRequest, account: Target | undefined) {
    this.#request = request
    this.account = account
  }

  nameOf(model: string): Result<string, string> {
    const { snapshot } = this.#request
    const name = resolveModel(model, this.#request)
    const route = name.ok ? snapshot.routeOf(name.value) : undefined
    const shown = `\`${model.slice(0, 64).replace(/[^\x20-\x7e]/g, '?')}\``
    if (route === undefined) return fail(`names the model ${shown}, which is not there for this key`)
    const found = route.targets.find(({ target }) =>
      this.account === undefined ? target.speaks.has('openai-batches') : target.provider === this.account.provider,
    )
    if (found === undefined)
      return fail(
        `names the model ${shown}, which is not at ${this.account === undefined ? 'a provider with batches' : 'the provider of this file'}`,
      )
    const { target } = found
    if (priceRefusal(target, this.#request, () => 'batch') !== undefined)
      return fail(`names the model ${shown}, which has no known price`)
    this.account ??= accountNamed(snapshot, target.provider, target.credentials[0]?.name ?? '')
    return done(target.model)
  }
}
