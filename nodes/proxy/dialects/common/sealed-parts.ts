// Signatures and encrypted reasoning in a dialect other than their own. They are printed with a tag that names their
// family and kind, so that they are recognized when the caller sends them back, and no provider gets what another one
// sealed.
import type { Family, Sealed } from '../../../../shared/chat/parts.ts'

/** A signature proves that a text is unchanged; encrypted data stands for the reasoning itself. */
export type SealKind = 'signature' | 'encrypted'

export interface Seal {
  readonly kind: SealKind
  readonly sealed: Sealed
}

const tag = 'headgate:'
const letters: Readonly<Record<SealKind, string>> = { signature: 's', encrypted: 'e' }
const families: readonly Family[] = ['anthropic', 'openai', 'google', 'other']

/** `own`: the seal that the dialect itself has in this place; it is printed without a tag. */
export function printSeal(kind: SealKind, { family, data }: Sealed, own: { family: Family; kind: SealKind }): string {
  return family === own.family && kind === own.kind ? data : `${tag}${family}:${letters[kind]}:${data}`
}

export function readSeal(text: string, own: { family: Family; kind: SealKind }): Seal {
  const tagged = /^headgate:([a-z]+):([se]):/.exec(text)
  if (tagged === null) return { kind: own.kind, sealed: { family: own.family, data: text } }
  const family = families.find((one) => one === tagged[1]) ?? 'other'
  return { kind: tagged[2] === 's' ? 'signature' : 'encrypted', sealed: { family, data: text.slice(tagged[0].length) } }
}
