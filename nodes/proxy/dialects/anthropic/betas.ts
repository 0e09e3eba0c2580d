// Beta features of Anthropic's API on other people's clouds, which refuse a whole request for one that they do not know. So
// each is sent what it is known to take, and the rest is named (wire 43).
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { Dropped } from '../dialect.ts'

const both = [
  ...['computer-use-2024-10-22', 'computer-use-2025-01-24', 'computer-use-2025-11-24'],
  ...['token-efficient-tools-2025-02-19', 'output-128k-2025-02-19', 'interleaved-thinking-2025-05-14'],
  ...['fine-grained-tool-streaming-2025-05-14', 'context-1m-2025-08-07', 'context-management-2025-06-27'],
  ...['effort-2025-11-24', 'tool-search-tool-2025-10-19', 'tool-examples-2025-10-29'],
]

/** By the documentation of each, in 2026. */
const known = {
  bedrock: new Set([...both, 'dev-full-thinking-2025-05-14']),
  vertex: new Set([...both, 'web-search-2025-03-05']),
}

/** `kept` is undefined for none. */
export function betasFor({ betas = [] }: ChatRequest, host: keyof typeof known) {
  const taken = betas.filter((beta) => known[host].has(beta))
  const dropped: Dropped[] = betas.filter((beta) => !known[host].has(beta)).map((member) => ({ member }))
  return { kept: taken.length === 0 ? undefined : taken, dropped }
}

/** As the header lists them. */
export function readBetas(header: string): string[] {
  const betas = header.split(',').map((beta) => beta.trim())
  return betas.filter((beta) => beta !== '')
}
