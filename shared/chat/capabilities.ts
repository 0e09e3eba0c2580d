// What a target must support for a request to make sense there. If it lacks a capability, the request is rejected with
// an error that names it; a parameter that it lacks is only dropped (`request.ts`).

import type { Dialect } from './parts.ts'
import type { Effort } from './request.ts'

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
  // Capabilities of embeddings:
  'embeddings',
  'several inputs',
  'tokens as input',
  'foreign content', // parts that only another dialect can express
] as const
export type Capability = (typeof capabilities)[number]

/** A capability that a request needs. */
export interface Need {
  readonly capability: Capability
  /** The cause of the need, by the caller's name: 'web_search_20250305', 'n'. */
  readonly what: string
  /** Set when only this dialect can express it. */
  readonly dialect?: Dialect | undefined
  /** The request makes sense without it: it is left out where a target lacks it. */
  readonly optional?: boolean | undefined
}

export type MissingCapability = Pick<Need, 'capability' | 'what'>

/** Known properties of a model. With an unknown (undefined) property the request is sent, and the provider decides. */
export interface ModelFacts {
  readonly contextTokensMax?: number | undefined
  readonly outputTokensMax?: number | undefined
  /** How reasoning is requested; 'none' for a model without reasoning. */
  readonly reasoning?: 'none' | 'effort' | 'budget' | 'adaptive' | undefined
  /** The words that the model knows for the amount of reasoning, in rising order. */
  readonly efforts?: readonly Effort[] | undefined
  /** False for models that refuse temperature, top_p and penalties. */
  readonly sampling?: boolean | undefined
  readonly lacks?: ReadonlySet<Capability> | undefined
  /** Whether the model has a native form for `responseFormat`. */
  readonly jsonSchema?: boolean | undefined
  /** The only endpoint of OpenAI's API that has the model. */
  readonly endpoint?: 'responses' | undefined
}

/** The first need that a target does not meet; undefined when it meets all of them. */
export function missingOf(
  needs: readonly Need[],
  dialect: { readonly name: Dialect; readonly can: ReadonlySet<Capability> },
  facts: ModelFacts,
): Need | undefined {
  return needs.find((need) => {
    if (need.optional === true) return false
    if (facts.lacks?.has(need.capability) === true) return true
    return need.dialect === undefined ? !dialect.can.has(need.capability) : need.dialect !== dialect.name
  })
}
