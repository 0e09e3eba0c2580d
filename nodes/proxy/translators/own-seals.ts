// What passes through must not carry what another maker's model signed or encrypted: after a fallback, or when a caller goes
// on with another model, it is taken out, because the provider would refuse the request. Nearly every body has none of it,
// which costs a look at its bytes.
import type { Dialect, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { sealTag } from '../dialects/common/sealed-parts.ts'
import { madeThought } from '../dialects/openai-responses/made-ids.ts'
import { unsigned, withOwnThoughts } from '../dialects/own-seals/anthropic.ts'
import { withOwnSignatures } from '../dialects/own-seals/gemini.ts'
import { withoutRefused } from '../dialects/own-seals/openai-chat.ts'
import { withOwnReasoning } from '../dialects/own-seals/openai-responses.ts'
import type { Target } from '../providers/endpoint.ts'

/** What the cleaning of a body depends on of its target. */
export type Place = Pick<Target, 'model' | 'quirks'>

interface Cleaning {
  /** What a body contains that has something to take out. Found once for each target. */
  readonly marks: (target: Place) => readonly string[]
  readonly clean: (body: JsonObject, target: Place) => JsonObject
}

const cleanings: Readonly<Partial<Record<Dialect, Cleaning>>> = {
  anthropic: { marks: () => [sealTag, ...unsigned], clean: withOwnThoughts },
  'openai-responses': { marks: () => [sealTag, madeThought], clean: withOwnReasoning },
  gemini: { marks: () => [sealTag], clean: withOwnSignatures },
  'openai-chat': { marks: chatMarks, clean: (body, target) => withoutRefused(body, refusedAt(target)) },
}

/** What a body contains that has something to take out at the target. */
export function sealMarks(dialect: Dialect, target: Place): readonly Buffer[] {
  const cleaning = cleanings[dialect]
  return cleaning === undefined ? none : marksAt(target, dialect, cleaning)
}

const none: readonly Buffer[] = []

/** `pieces`: the body as it would be sent. */
export function withOwnSeals(
  pieces: readonly Uint8Array[],
  { scan, dialect, target }: { readonly scan: BodyScan; readonly dialect: Dialect; readonly target: Place },
): readonly Uint8Array[] {
  const cleaning = cleanings[dialect]
  if (cleaning === undefined || !hasMark(scan.bytes, marksAt(target, dialect, cleaning))) return pieces
  const body = parseExact(Buffer.concat(pieces).toString('utf8')) as JsonObject
  const cleaned = JSON.stringify(cleaning.clean(body, target))
  // A text may hold the mark by chance: then every byte stays.
  return cleaned === JSON.stringify(body) ? pieces : [Buffer.from(cleaned)]
}

interface TargetMarks {
  readonly dialect: Dialect
  readonly marks: readonly Buffer[]
}

// Targets live as long as their configuration. Nearly each is called in one dialect.
const marksOfTargets = new WeakMap<Place, TargetMarks>()

function marksAt(target: Place, dialect: Dialect, cleaning: Cleaning): readonly Buffer[] {
  const known = marksOfTargets.get(target)
  if (known?.dialect === dialect) return known.marks
  const marks = cleaning.marks(target).map((mark) => Buffer.from(mark))
  marksOfTargets.set(target, { dialect, marks })
  return marks
}

function hasMark(bytes: Buffer, marks: readonly Buffer[]): boolean {
  for (const mark of marks) if (bytes.indexOf(mark) >= 0) return true
  return false
}

const signatureMarks = ['"extra_content"']
const reasoningMarks = ['"reasoning_content"', '"reasoning_details"']
const noMarks: readonly string[] = []

function chatMarks(target: Place): readonly string[] {
  const { signatures, reasoning } = refusedAt(target)
  if (!signatures) return reasoning ? reasoningMarks : noMarks
  return reasoning ? bothMarks : signatureMarks
}

const bothMarks = [...signatureMarks, ...reasoningMarks]

/** Hosts that are not listed are sent what the caller says, except signatures for models that cannot read them. */
function refusedAt({ model, quirks }: Place) {
  return {
    signatures: quirks.thoughtSignatures !== true && !/gemini/i.test(model),
    reasoning: quirks.reasoningBack === 'none',
  }
}
