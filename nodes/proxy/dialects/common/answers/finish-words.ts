// Finish reasons that hosts use in each other's dialects: proxies keep the words of the provider behind them, and hosts add their own.
// Each dialect knows its own words; these are read where it has none.
import type { FinishReason } from '../../../../../shared/chat/answer.ts'

const words: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  complete: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  length: 'length',
  max_tokens: 'length',
  max_output_tokens: 'length',
  max_length: 'length',
  model_length: 'context-length', // Mistral
  model_context_window_exceeded: 'context-length', // Anthropic, Z.ai
  context_length_exceeded: 'context-length',
  error_limit: 'context-length', // Cohere
  tool_calls: 'tool-calls',
  tool_call: 'tool-calls',
  tool_use: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
  content_filtered: 'content-filter',
  guardrail_intervened: 'content-filter',
  sensitive: 'content-filter', // Z.ai
  safety: 'content-filter',
  recitation: 'content-filter',
  blocklist: 'content-filter',
  prohibited_content: 'content-filter',
  spii: 'content-filter',
  image_safety: 'content-filter',
  image_prohibited_content: 'content-filter',
  image_recitation: 'content-filter',
  error_toxic: 'content-filter',
  refusal: 'refusal',
  pause_turn: 'pause',
}

/** The meaning of a word, whatever its case; undefined for an unknown one. Google's OpenAI endpoint has its own reason behind a colon:
 *  `content_filter: PROHIBITED_CONTENT`. */
export function finishOfWord(word: string): FinishReason | undefined {
  const [name = ''] = word.toLowerCase().split(':')
  return Object.hasOwn(words, name) ? words[name] : undefined
}

/** Reasons that mean that the answer broke off: DeepSeek's and Z.ai's (api-docs.deepseek.com, docs.z.ai: `finish_reason`), and
 *  vLLM's and SGLang's `abort`. */
export const failureWords: readonly string[] = ['error', 'insufficient_system_resource', 'network_error', 'abort']

export function isFailureWord(word: unknown): boolean {
  return typeof word === 'string' && failureWords.includes(word)
}
