// Signatures and encrypted thoughts in a dialect that is not their maker's. They are written with a tag that names the
// family, so that they can be told apart when a caller sends them back, and no provider is given what another one sealed.
import type { Family, Sealed } from '../../../../shared/chat/parts.ts'

const tag = 'headgate:'
const families: readonly Family[] = ['anthropic', 'openai', 'google', 'other']

/** `own` is the family that the dialect belongs to: its seals are written as they are. */
export function printSealed({ family, data }: Sealed, own: Family): string {
  return family === own ? data : `${tag}${family}:${data}`
}

export function readSealed(text: string, own: Family): Sealed {
  if (!text.startsWith(tag)) return { family: own, data: text }
  const end = text.indexOf(':', tag.length)
  const family = families.find((one) => one === text.slice(tag.length, end)) ?? 'other'
  return { family, data: text.slice(end + 1) }
}
