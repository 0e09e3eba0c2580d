// Beta features of Anthropic's API on Bedrock and Vertex AI. Both refuse a whole request for one unknown feature, so
// each is sent only the features that it is known to support; the others are reported as dropped (wire 43).
import type { Dropped } from '../dialect.ts'

const both = [
  ...['computer-use-2024-10-22', 'computer-use-2025-01-24', 'computer-use-2025-11-24'],
  ...['token-efficient-tools-2025-02-19', 'output-128k-2025-02-19', 'interleaved-thinking-2025-05-14'],
  ...['fine-grained-tool-streaming-2025-05-14', 'context-1m-2025-08-07', 'context-management-2025-06-27'],
  ...['effort-2025-11-24', 'tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'],
]

/** The features that each host documented in 2026. */
const known = {
  bedrock: new Set([...both, 'dev-full-thinking-2025-05-14']),
  vertex: new Set([...both, 'web-search-2025-03-05']),
}

/** Splits features into those that the host supports and those that are dropped. `kept` is undefined
 *  when there are none. */
export function betasFor(betas: readonly string[], host: keyof typeof known) {
  const taken = betas.filter((beta) => known[host].has(beta))
  const dropped: Dropped[] = betas.filter((beta) => !known[host].has(beta)).map((member) => ({ member }))
  return { kept: taken.length === 0 ? undefined : taken, dropped }
}

/** Parses the value of the `anthropic-beta` header. */
export function readBetas(header: string): string[] {
  const betas = header.split(',').map((beta) => beta.trim())
  return betas.filter((beta) => beta !== '')
}
