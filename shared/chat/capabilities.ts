// What a target must be able to do for a request to make sense there. Lacking one is a refusal that names it; lacking a
// parameter is not (`request.ts`).

import type { Dialect } from './parts.ts'

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
  // Of embeddings:
  'embeddings',
  'several inputs',
  'tokens as input',
  'foreign content', // parts that only another dialect can say
] as const
export type Capability = (typeof capabilities)[number]

/** Something that a request asks of its target. */
export interface Need {
  readonly capability: Capability
  /** What asks for it, in the caller's words: 'web_search_20250305', 'n'. */
  readonly what: string
  /** Only this dialect can say it. */
  readonly dialect?: Dialect | undefined
}

export type MissingCapability = Pick<Need, 'capability' | 'what'>

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

/** The first need that a target does not meet; undefined when it meets all. */
export function missingOf(
  needs: readonly Need[],
  dialect: { readonly name: Dialect; readonly can: ReadonlySet<Capability> },
  facts: ModelFacts,
): Need | undefined {
  return needs.find((need) => {
    if (facts.lacks?.has(need.capability) === true) return true
    return need.dialect === undefined ? !dialect.can.has(need.capability) : need.dialect !== dialect.name
  })
}
