// Members of a request that have no neutral name: they are kept for an upstream of the same dialect, and reported as
// dropped for others.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { Dialect, Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Dropped } from '../dialect.ts'

export interface Members {
  readonly kept: Readonly<Record<string, Json>>
  readonly dropped: readonly Dropped[]
}

/** Members that change what is asked. A request with one of them is refused, because without it the answer would be to
 *  another question. */
const binding: Readonly<Partial<Record<Dialect, readonly string[]>>> = {
  'openai-chat': ['web_search_options'],
  'openai-completions': ['suffix'],
  'openai-responses': ['prompt', 'conversation', 'background'],
  anthropic: ['mcp_servers', 'container'],
  gemini: ['cachedContent'],
}

export function foreignMembers({ extras, dialect }: ChatRequest, target: Dialect): Result<Members, MissingCapability> {
  if (dialect === target) return done({ kept: extras, dropped: [] })
  const names = Object.keys(extras)
  const bound = names.find((name) => binding[dialect]?.includes(name) === true)
  if (bound !== undefined) return fail({ capability: 'hosted tools', what: bound })
  return done({ kept: {}, dropped: names.map((member) => ({ member })) })
}
