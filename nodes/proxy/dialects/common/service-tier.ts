// Names of service tiers. Anthropic has 'auto' and 'standard_only', OpenAI 'auto', 'default', 'flex' and 'priority'.
import type { Dialect } from '../../../../shared/chat/parts.ts'

const families: Readonly<Partial<Record<Dialect, 'openai' | 'anthropic'>>> = {
  'openai-chat': 'openai',
  'openai-completions': 'openai',
  'openai-responses': 'openai',
  anthropic: 'anthropic',
}
const toAnthropic: Readonly<Record<string, string>> = { auto: 'auto', default: 'standard_only' }
const toOpenAi: Readonly<Record<string, string>> = { auto: 'auto', standard_only: 'default' }

/** The name of a tier at the target; undefined when the target has no such tier. */
export function printServiceTier(tier: string, from: Dialect, to: Dialect): string | undefined {
  if (families[from] === families[to]) return tier
  if (families[to] === 'anthropic') return toAnthropic[tier]
  return families[to] === 'openai' ? toOpenAi[tier] : undefined
}

/** OpenAI's name for the tier of an answer; undefined when OpenAI has none. */
export function openAiTier(tier: string | undefined): string | undefined {
  if (tier === 'standard') return 'default'
  return tier === 'batch' ? undefined : tier
}
