// What a target is sent where bytes pass through: the caller's own body with another model's name, and the few edits that the
// gateway has to make.
import { tierOf } from '../../../shared/chat/usage.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, editModel, spliceBody } from '../../../shared/json/splice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { stateEdits } from '../conversations/body-edits.ts'
import { readBetas } from '../dialects/anthropic/betas.ts'
import type { Envelope } from '../dialects/envelope.ts'
import type { Unreadable } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { forwardedLines, passThroughHeaders } from '../request/headers.ts'
import { type AskedJson, bodyOf, type InferenceRequest } from '../request/inference-request.ts'
import { withOwnSeals } from './own-seals.ts'
import type { PassThroughRequest } from './pass-through.ts'
import { ProviderErrors } from './provider-errors.ts'
import { systemEdits } from './system-edits.ts'
import { nameOfDropped } from './translate-request.ts'

export interface PassThroughParts {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
  readonly body: AskedJson
  readonly target: Target
  /** The files that the body names; all lie at the target. */
  readonly files: readonly FileReference[]
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

function inEnvelope({ request, asked, body, target }: PassThroughParts, envelope: Envelope): PassThroughRequest {
  const { operation, head } = request
  const { stream, betas } = asked.facts
  const { model } = target
  const enveloped = { path: pathOf(operation, target), model, stream }
  const edits = [...body.edits, ...envelope.edits(body.scan, enveloped)]
  return {
    path: addressOf(target, envelope.path(enveloped)),
    headerLines: forwardedLines(head) + (betas === undefined ? '' : envelope.betas(readBetas(betas)).lines),
    body: withOwnSeals(spliceBody(body.scan, edits).pieces, { scan: body.scan, dialect: operation.dialect, target }),
    input: { textBytes: body.scan.textBytes, model },
    serviceTier: askedTier(body.scan),
    price: target.price,
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
    body: withOwnSeals(renamedWithin(operation, body, target) ?? splicedBody(parts), {
      scan: body.scan,
      dialect: operation.dialect,
      target,
    }),
    input: { textBytes: body.scan.textBytes, model: target.model },
    units: operation.units?.ofRequest?.(body.scan),
    serviceTier: askedTier(body.scan),
    price: target.price,
    credential: files[0]?.ref.credential,
  }
}

/** Anthropic sells its fast mode as a speed, not as a tier. */
function askedTier(scan: BodyScan): string | undefined {
  if (scan.text('speed') === 'fast') return 'fast'
  return tierOf(scan.text('service_tier') ?? scan.text('serviceTier'))
}

function splicedBody({ request, asked, body, target, files }: PassThroughParts): readonly Uint8Array[] {
  const { scan } = body
  const { state } = asked.facts
  const kept = state === undefined ? body.edits : [...body.edits, ...stateEdits(scan, state)]
  const moved = systemEdits(request.operation, scan, target)
  const own = moved.length === 0 ? kept : [...kept, ...moved]
  const edits = files.length === 0 ? own : [...own, ...fileEdits(files).filter((edit) => isApart(edit, own))]
  const namesModel = typeof request.operation.upstreamPath === 'string'
  return spliceBody(scan, namesModel ? [...edits, editModel(scan, target.model)] : edits).pieces
}

/** The body with another model in it, where its dialect names the model deep within; undefined where nothing changes. */
function renamedWithin({ namesModelWithin }: Operation, { scan }: AskedJson, { model }: Target): Buffer[] | undefined {
  if (namesModelWithin === undefined) return undefined
  const body = bodyOf(scan)
  const renamed = namesModelWithin(body, model)
  return renamed === body ? undefined : [Buffer.from(JSON.stringify(renamed))]
}

function fileEdits(files: readonly FileReference[]): Edit[] {
  return files.map(({ start, end, ref }) => ({ start, end, replacement: JSON.stringify(ref.id) }))
}

/** Whether no other edit touches the same bytes: what another edit takes away needs no name. */
function isApart({ start, end }: Edit, others: readonly Edit[]): boolean {
  return !others.some((other) => start < other.end && other.start < end)
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
