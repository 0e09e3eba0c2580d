// The members of request bodies that the gateway looks at.

export const wantedFields = [
  'model',
  'models',
  'messages',
  'stream',
  'stream_options',
  'user',
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n_predict',
  'input',
  'prompt',
  'query',
  'n',
  'best_of',
  'logprobs',
  'top_logprobs',
  'store',
  'previous_response_id',
  'conversation',
  'background',
  'system',
  'instructions',
  'service_tier',
  'serviceTier',
  'speed',
  'anthropic_version',
  'metadata',
  'labels',
  'generationConfig',
  'generation_config',
] as const
export type WantedField = (typeof wantedFields)[number]

/** The numbers of the wanted members. A look by number is faster than one by name. */
export const fieldOf = Object.fromEntries(wantedFields.map((name, index) => [name, index])) as Readonly<
  Record<WantedField, number>
>

// A caller who could set these members would choose where our credential is sent (CVE-2024-6587).
export const forbiddenFields = ['api_base', 'base_url', 'api_key', 'extra_headers', 'custom_llm_provider'] as const

/** Whether callers must not set a member of this name, in any format of the body. */
export function isForbidden(name: string): boolean {
  return (forbiddenFields as readonly string[]).includes(name)
}
