// Signatures and encrypted reasoning in a dialect other than their own. They are printed with a tag that names their
// family and kind, so that they are recognized when the caller sends them back, and no provider gets what another one
// sealed. The tag also holds what the dialect has no place for: the part that is signed, or the provider's id of the
// reasoning.
import type { Family, Sealed, SignedPart } from '../../../../shared/chat/parts.ts'

/** A signature proves that a text is unchanged; encrypted data stands for the reasoning itself. */
export type SealKind = 'signature' | 'encrypted'

export interface Seal {
  readonly kind: SealKind
  readonly sealed: Sealed
  /** The provider's id of the reasoning. */
  readonly id?: string | undefined
}

/** What the dialect itself has in the place of a seal: it is printed without a tag. */
export interface OwnSeal {
  readonly family: Family
  readonly kind: SealKind
}

/** How every tag begins. */
export const sealTag = 'headgate:'
const families: readonly Family[] = ['anthropic', 'openai', 'google', 'xai', 'other']

/** `own`: undefined where every seal is tagged. `id`: the provider's id of the reasoning. */
export function printSeal(kind: SealKind, sealed: Sealed, own: OwnSeal | undefined, id?: string): string {
  const { family, data, signs } = sealed
  if (family === own?.family && kind === own.kind && signs === undefined) return data
  const name = nameOf(signs) ?? id
  const named = name === undefined ? '' : `.${encodeURIComponent(name)}`
  return `${sealTag}${family}:${letterOf(kind, signs)}${named}:${data}`
}

export function readSeal(text: string, own: OwnSeal): Seal {
  const tagged = /^headgate:([a-z]+):([secto])(?:\.([^:]*))?:/.exec(text)
  if (tagged === null) return { kind: own.kind, sealed: { family: own.family, data: text } }
  const [tag, word, letter, written] = tagged
  const family = families.find((one) => one === word) ?? 'other'
  const name = written === undefined ? undefined : decoded(written)
  const sealed = { family, data: text.slice(tag.length) }
  if (letter === 'c') return { kind: 'signature', sealed: { ...sealed, signs: { call: name ?? '' } } }
  if (letter === 't') return { kind: 'signature', sealed: { ...sealed, signs: 'text' } }
  if (letter === 'o') return { kind: 'signature', sealed: { ...sealed, signs: 'empty text' } }
  return { kind: letter === 's' ? 'signature' : 'encrypted', sealed, id: name }
}

function letterOf(kind: SealKind, signs: SignedPart | undefined): string {
  if (signs === undefined) return kind === 'signature' ? 's' : 'e'
  if (signs === 'text') return 't'
  return signs === 'empty text' ? 'o' : 'c'
}

function nameOf(signs: SignedPart | undefined): string | undefined {
  return typeof signs === 'object' ? signs.call : undefined
}

/** The text itself where it is no encoded text: callers may send anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Adds a piece of a seal that comes in pieces. */
export function joinedSeal(before: Sealed | undefined, piece: Sealed): Sealed {
  return before === undefined ? piece : { ...piece, data: before.data + piece.data }
}
