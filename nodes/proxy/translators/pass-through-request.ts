// What a target is sent where bytes pass through: the caller's own body with another model's name, and the few edits that the
// gateway has to make.

import { tierOf } from '../../../shared/chat/usage.ts'
import { fieldOf } from '../../../shared/json/body-fields.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, editModel } from '../../../shared/json/splice.ts'
import { pricesAt } from '../../../shared/models/dated-prices.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { BillableUnits } from '../../../shared/usage/billable-units.ts'
import { readBetas } from '../dialects/anthropic/betas.ts'
import type { Envelope, EnvelopedRequest } from '../dialects/envelope.ts'
import type { Unreadable } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { forwardedLines, passThroughHeaders } from '../request/headers.ts'
import type { AskedJson, InferenceRequest } from '../request/inference-request.ts'
import type { PassThroughRequest } from './pass-through.ts'
import { ProviderErrors } from './provider-errors.ts'
import { type BodyRewrite, rewrittenBody } from './rewrite-body.ts'
import { nameOfDropped } from './translate-request.ts'

export interface PassThroughParts {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
  readonly body: AskedJson
  readonly target: Target
  /** The files that the body names; all lie at the target. */
  readonly files: readonly FileReference[]
  /** What a large body turned out to be; absent where all of that is worked out here. */
  readonly large?: LargeBody
}

export interface LargeBody {
  readonly body: readonly Uint8Array[]
  readonly units: BillableUnits | undefined
}

export function passThroughRequest(parts: PassThroughParts): PassThroughRequest {
  const { envelope } = parts.target
  return envelope === undefined ? inOwnEnvelope(parts) : inEnvelope(parts, envelope)
}

/** The features that the target lacks, of those that the caller asks for in a header. */
export function droppedBetas({ envelope }: Target, betas: string | undefined): string[] {
  if (envelope === undefined || betas === undefined) return []
  return envelope.betas(readBetas(betas)).dropped.map(nameOfDropped)
}

function inEnvelope(parts: PassThroughParts, envelope: Envelope): PassThroughRequest {
  const { request, asked, body, target } = parts
  const { operation, head } = request
  const { betas } = asked.facts
  const { model } = target
  return {
    path: addressOf(target, envelope.path(envelopedIn(parts))),
    headerLines: forwardedLines(head) + (betas === undefined ? '' : envelope.betas(readBetas(betas)).lines),
    body: parts.large?.body ?? rewrittenBody(body.scan, rewriteOf(parts)),
    input: { textBytes: body.scan.textBytes, model },
    serviceTier: askedTier(body.scan),
    price: pricesAt(target, request.receivedAtMs).price,
    dropped: droppedBetas(target, betas),
    platform: { isItsError: envelope.isPlatformError, errors: new ProviderErrors(target.dialect, operation.errors) },
  }
}

function inOwnEnvelope(parts: PassThroughParts): PassThroughRequest {
  const { request, body, target, files } = parts
  const { operation, head } = request
  const headers = passThroughHeaders(head, operation)
  return {
    path: addressOf(target, pathOf(operation, target)) + headers.query,
    headerLines: headers.lines,
    body: parts.large?.body ?? rewrittenBody(body.scan, rewriteOf(parts)),
    input: { textBytes: body.scan.textBytes, model: target.model },
    units: parts.large === undefined ? operation.units?.ofRequest?.(body.scan) : parts.large.units,
    serviceTier: askedTier(body.scan),
    price: pricesAt(target, request.receivedAtMs).price,
    credential: files[0]?.ref.credential,
  }
}

/** How the body changes on its way. */
export function rewriteOf(parts: PassThroughParts): BodyRewrite {
  const { request, asked, body, target, files } = parts
  const { scan } = body
  const { operation } = request
  const { envelope, model } = target
  const { namesModelWithin } = operation
  const common = { dialect: operation.dialect, place: target, namesModelWithin }
  if (envelope !== undefined) {
    const edits = [...body.edits, ...envelope.edits(scan, envelopedIn(parts))]
    return { ...common, edits, modelEdit: undefined, fileEdits: [], state: undefined, isEnveloped: true }
  }
  const namesModel = typeof operation.upstreamPath === 'string'
  const modelEdit = namesModel ? editModel(scan, model) : undefined
  const { state } = asked.facts
  return { ...common, edits: body.edits, modelEdit, fileEdits: fileEdits(files), state, isEnveloped: false }
}

function envelopedIn({ request, asked, target }: PassThroughParts): EnvelopedRequest {
  return { path: pathOf(request.operation, target), model: target.model, stream: asked.facts.stream }
}

function fileEdits(files: readonly FileReference[]): Edit[] {
  return files.map(({ start, end, ref }) => ({ start, end, replacement: JSON.stringify(ref.id) }))
}

/** Anthropic sells its fast mode as a speed, not as a tier. */
export function askedTier(scan: BodyScan): string | undefined {
  if (scan.textAt(fieldOf.speed) === 'fast') return 'fast'
  return tierOf(scan.textAt(fieldOf.service_tier) ?? scan.textAt(fieldOf.serviceTier))
}

const noFiles: readonly FileReference[] = []

/** The files, where they lie at the target. Only the provider that has the files can take the request, under the names that it
 *  gave them. */
export function filesAtTarget(
  files: readonly FileReference[] | undefined,
  target: Target,
): Result<readonly FileReference[], Unreadable> {
  if (files === undefined || files.length === 0) return done(noFiles)
  const credential = files[0]?.ref.credential
  const together = files.every(({ ref }) => ref.provider === target.provider && ref.credential === credential)
  if (together) return done(files)
  const message = 'names a file that lies at another account than that of the model'
  return fail({ type: 'unreadable', path: 'file_id', message })
}

export function pathOf({ upstreamPath }: Operation, { model }: Target): string {
  return typeof upstreamPath === 'string' ? upstreamPath : upstreamPath(encodeURIComponent(model))
}
