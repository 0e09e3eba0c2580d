// Reads what an inference request asks for, in two steps: first the models, so that an unknown model is told before anything else
// that is wrong, then the rest.
import { BodyScan } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Slices } from '../../../shared/work/slices.ts'
import type { Continuation } from '../conversations/continuation.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AuthenticatedRequest } from './authenticated-request.ts'
import { type AskedForm, readForm, readFormInSlices } from './form-body.ts'
import { betasIn, formExpected, isForm } from './headers.ts'
import { type InferenceFacts, InferenceRequest } from './inference-request.ts'
import { type AskedModel, readModel, readModelInSlices, readStream } from './json-body.ts'

export type AskedModels =
  | (AskedModel & { readonly type: 'json'; readonly scan: BodyScan })
  | (AskedForm & { readonly type: 'form' })

export function readModels({
  head,
  operation,
  matched,
  body,
}: AuthenticatedRequest): Result<AskedModels, GatewayError> {
  if (operation.form?.only === true && !isForm(head)) return fail(formExpected)
  if (operation.form !== undefined && isForm(head)) {
    const contentType = head.contentType ?? ''
    const form = readForm(body.bytes, { contentType, operation, inPath: matched.model })
    return form.ok ? done({ type: 'form', ...form.value }) : form
  }
  const scan = new BodyScan()
  const asked = readModel(body.bytes, scan, matched.model)
  if (!asked.ok) return asked
  const { model, fallbacks } = asked.value
  return done({ type: 'json', model, fallbacks, scan })
}

/** The same for a large body, in slices. */
export function* readModelsInSlices({
  head,
  operation,
  matched,
  body,
}: AuthenticatedRequest): Slices<Result<AskedModels, GatewayError>> {
  if (operation.form?.only === true && !isForm(head)) return fail(formExpected)
  if (operation.form !== undefined && isForm(head)) {
    const contentType = head.contentType ?? ''
    const form = yield* readFormInSlices(body.bytes, { contentType, operation, inPath: matched.model })
    return form.ok ? done({ type: 'form', ...form.value }) : form
  }
  const scan = new BodyScan()
  const asked = yield* readModelInSlices(body.bytes, scan, matched.model)
  if (!asked.ok) return asked
  const { model, fallbacks } = asked.value
  return done({ type: 'json', model, fallbacks, scan })
}

/** Reads all but the state that a request of the Responses API continues. */
export function readFacts(
  { operation, head, body: lease }: AuthenticatedRequest,
  asked: AskedModels,
): Result<Omit<InferenceFacts, 'state'>, GatewayError> {
  const { model, fallbacks } = asked
  if (asked.type === 'form') {
    const { stream, showUsage } = asked
    return done({ model, fallbacks, stream, showUsage, body: asked, inbound: undefined, betas: undefined, lease })
  }
  const read = readStream(operation, asked.scan)
  if (!read.ok) return read
  const { stream, showUsage, edits } = read.value
  const body = { type: 'json', scan: asked.scan, edits } as const
  const { inbound } = operation
  return done({ model, fallbacks, stream, showUsage, body, inbound, betas: betasIn(head, operation), lease })
}

export function inferenceRequest(facts: Omit<InferenceFacts, 'state'>, state?: Continuation): InferenceRequest {
  const { model, fallbacks, stream, showUsage, body, inbound, betas, lease } = facts
  return new InferenceRequest({ model, fallbacks, stream, showUsage, body, inbound, betas, state, lease })
}
