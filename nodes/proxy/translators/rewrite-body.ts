// The body of a request whose bytes pass through: the caller's own, with what has to change. Nothing here depends on where it runs.
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, spliceBody } from '../../../shared/json/splice.ts'
import { type StoredState, stateEdits } from '../conversations/body-edits.ts'
import type { Operation } from '../operations/operation.ts'
import { bodyOf } from '../request/inference-request.ts'
import { type Place, sealMarks, withOwnSeals } from './own-seals.ts'
import { systemEdits, systemMarks } from './system-edits.ts'

export interface BodyRewrite {
  readonly dialect: Dialect
  readonly place: Place
  /** Edits that do not depend on what the body says. */
  readonly edits: readonly Edit[]
  /** Sets the model; undefined where the path names it. */
  readonly modelEdit: Edit | undefined
  /** Edits that no other edit has to make room for. */
  readonly fileEdits: readonly Edit[]
  /** What the request continues and refers to; undefined for nothing. */
  readonly state: StoredState | undefined
  /** Whether the body goes into the envelope of another host, which takes no more edits than that. */
  readonly isEnveloped: boolean
  readonly namesModelWithin: Operation['namesModelWithin']
}

export function rewrittenBody(scan: BodyScan, rewrite: BodyRewrite): readonly Uint8Array[] {
  const { dialect, place } = rewrite
  const pieces = renamedWithin(scan, rewrite) ?? spliced(scan, rewrite)
  return withOwnSeals(pieces, { scan, dialect, target: place })
}

/** The same for a body that has nothing to look for. */
export function plainBody(scan: BodyScan, { edits, modelEdit, fileEdits }: BodyRewrite): readonly Uint8Array[] {
  const apart = fileEdits.filter((edit) => isApart(edit, edits))
  return spliceBody(scan, modelEdit === undefined ? [...edits, ...apart] : [...edits, ...apart, modelEdit]).pieces
}

/** What a body contains where `rewrittenBody` may find something to change. Undefined: it has to be looked at as a whole. */
export function marksOf({
  dialect,
  place,
  state,
  isEnveloped,
  namesModelWithin,
}: BodyRewrite): readonly Buffer[] | undefined {
  if (state?.history !== undefined || state?.referred !== undefined || namesModelWithin !== undefined) return undefined
  const seals = sealMarks(dialect, place)
  return isEnveloped ? seals : [...seals, ...systemMarks(dialect, place)]
}

function spliced(scan: BodyScan, rewrite: BodyRewrite): readonly Uint8Array[] {
  const { dialect, place, edits, modelEdit, fileEdits, state, isEnveloped } = rewrite
  if (isEnveloped) return spliceBody(scan, edits).pieces
  const kept = state === undefined ? edits : [...edits, ...stateEdits(scan, state)]
  const moved = systemEdits(dialect, scan, place)
  const own = moved.length === 0 ? kept : [...kept, ...moved]
  const all = fileEdits.length === 0 ? own : [...own, ...fileEdits.filter((edit) => isApart(edit, own))]
  return spliceBody(scan, modelEdit === undefined ? all : [...all, modelEdit]).pieces
}

/** The body with another model in it, where its dialect names the model deep within; undefined where nothing changes. */
function renamedWithin(scan: BodyScan, { namesModelWithin, place, isEnveloped }: BodyRewrite): Buffer[] | undefined {
  if (namesModelWithin === undefined || isEnveloped) return undefined
  const body = bodyOf(scan)
  const renamed = namesModelWithin(body, place.model)
  return renamed === body ? undefined : [Buffer.from(JSON.stringify(renamed))]
}

/** Whether no other edit touches the same bytes: what another edit takes away needs no name. */
function isApart({ start, end }: Edit, others: readonly Edit[]): boolean {
  return !others.some((other) => start < other.end && other.start < end)
}
