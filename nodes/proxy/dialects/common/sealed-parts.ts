// Signatures and encrypted thoughts in a dialect that is not their maker's. They are written with a tag that names the
// family and what it is, so that they can be told apart when a caller sends them back, and no provider is given what another
// one sealed.
import type { Family, Sealed } from '../../../../shared/chat/parts.ts'

/** What a seal does: prove that a text is unchanged, or stand for the thought itself. */
export type SealKind = 'signature' | 'encrypted'

export interface Seal {
  readonly kind: SealKind
  readonly sealed: Sealed
}

const tag = 'headgate:'
const letters: Readonly<Record<SealKind, string>> = { signature: 's', encrypted: 'e' }
const families: readonly Family[] = ['anthropic', 'openai', 'google', 'other']

/** `own`: the seal that stands in this place in the dialect itself, which is written as it is. */
export function printSeal(kind: SealKind, { family, data }: Sealed, own: { family: Family; kind: SealKind }): string {
  return family === own.family && kind === own.kind ? data : `${tag}${family}:${letters[kind]}:${data}`
}

export function readSeal(text: string, own: { family: Family; kind: SealKind }): Seal {
  const tagged = /^headgate:([a-z]+):([se]):/.exec(text)
  if (tagged === null) return { kind: own.kind, sealed: { family: own.family, data: text } }
  const family = families.find((one) => one === tagged[1]) ?? 'other'
  return { kind: tagged[2] === 's' ? 'signature' : 'encrypted', sealed: { family, data: text.slice(tagged[0].length) } }
}
