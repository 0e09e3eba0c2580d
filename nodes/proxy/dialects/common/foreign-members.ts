// Members of a request that have no neutral name: kept for an upstream of the same dialect, named as dropped for another.
import type { MissingCapability } from '../../../../shared/chat/capabilities.ts'
import type { Dialect, Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { Dropped } from '../dialect.ts'

export interface Members {
  readonly kept: Readonly<Record<string, Json>>
  readonly dropped: readonly Dropped[]
}

/** Without these an answer would be one to another question, so they are refused and not dropped. */
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
