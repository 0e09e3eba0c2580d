// What a target must be able to do for a request to make sense there. Lacking one is a refusal that names it; lacking a
// knob is not (`request.ts`).

export const capabilities = [
  'tools',
  'custom tools',
  'hosted tools',
  'forced tool choice',
  'images',
  'audio',
  'video',
  'files',
  'uploaded files',
  'structured output',
  'several choices',
  'audio output',
  'image output',
  'embeddings of tokens',
  'foreign content', // parts that only another dialect can say
] as const
export type Capability = (typeof capabilities)[number]

/** `what` is the offending piece in the caller's words: 'web_search_20250305', 'messages[2].content[0]'. */
export interface MissingCapability {
  readonly capability: Capability
  readonly what: string
}

/** What is known of a model. Undefined is not known: then the request is sent, and the provider judges. */
export interface ModelFacts {
  readonly contextTokensMax?: number | undefined
  readonly outputTokensMax?: number | undefined
  /** How its thinking is asked for; 'none': it does not think. */
  readonly reasoning?: 'none' | 'effort' | 'budget' | 'adaptive' | undefined
  /** False: takes no temperature, top_p and penalties. */
  readonly sampling?: boolean | undefined
  readonly lacks?: ReadonlySet<Capability> | undefined
  /** Whether `responseFormat` has a native form. */
  readonly jsonSchema?: boolean | undefined
}
