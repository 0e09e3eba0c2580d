// Finds what a whole answer reports in its bytes, without parsing it.
import { tierOf, type Usage } from '../../../../shared/chat/usage.ts'
import { parseUsage } from './usage.ts'

const usageKey = Buffer.from('"usage"')
/** Google's key of the usage. */
export const usageMetadataKey = Buffer.from('"usageMetadata"')
const tierKey = Buffer.from('"service_tier"')

/** Finds the counts of a unary answer without parsing it: the last `usage` object in its bytes. Inside a JSON string
 *  the quotes around the key would be escaped, so the search cannot match there. */
export function findUsage(body: Buffer): Usage | undefined
export function findUsage<Counts>(
  body: Buffer,
  parse: (usage: unknown) => Counts | undefined,
  key?: Buffer,
): Counts | undefined
export function findUsage(
  body: Buffer,
  parse: (usage: unknown) => unknown = parseUsage,
  key: Buffer = usageKey,
): unknown {
  for (let at = body.lastIndexOf(key); at >= 0; at = at === 0 ? -1 : body.lastIndexOf(key, at - 1)) {
    const usage = objectAfter(body, at + key.length)
    const counts = usage === undefined ? undefined : parse(usage)
    if (counts !== undefined) return counts
  }
  return undefined
}

const longestTier = 64

/** The service tier that a unary answer names. */
export function findTier(body: Buffer): string | undefined {
  for (let at = body.lastIndexOf(tierKey); at >= 0; at = at === 0 ? -1 : body.lastIndexOf(tierKey, at - 1)) {
    const from = at + tierKey.length
    const [, word] = /^\s*:\s*"(\w+)"/.exec(body.toString('latin1', from, from + longestTier)) ?? []
    if (word !== undefined) return tierOf(word)
  }
  return undefined
}

/** Anthropic's usage lists every step of an answer that took several. */
const usageBytesMax = 16_384
const quote = 34
const open = 123
const close = 125

function objectAfter(body: Buffer, from: number): unknown {
  const start = body.indexOf(open, from)
  // Only a colon and spaces may stand between the key and its value.
  if (start < 0 || start - from > 16) return undefined
  let depth = 0
  for (let i = start; i < body.length && i - start < usageBytesMax; i++) {
    const byte = body[i]
    if (byte === quote) {
      i = body.indexOf(quote, i + 1)
      if (i < 0) return undefined
    } else if (byte === open) depth++
    else if (byte === close && --depth === 0) return parsed(body.toString('latin1', start, i + 1))
  }
  return undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
