// A reference from one resource to another by name.
import type { PathSegment } from '../problem.ts'
import type { EnforcedKind } from './kind.ts'

export interface Reference {
  path: PathSegment[]
  /** `any-model`: a model by its name, or `provider/model` and `provider/*` for a provider's own models. */
  to: EnforcedKind | 'any-model'
  name: string
}

export type Names = { readonly [Kind in EnforcedKind]: ReadonlySet<string> }

/** The references of an allow-list that stands in the field `models`. */
export function anyModels(models: readonly string[] | undefined): Reference[] {
  return models === undefined ? [] : models.map((name, index) => ({ path: ['models', index], to: 'any-model', name }))
}

/** Whether one of an allow-list may be what was deleted. */
export function mayBeAmong(models: readonly string[] | undefined, deleted: Names): boolean {
  if (models === undefined) return false
  return models.some((name) => deleted.models.has(name) || deleted.providers.has(providerPart(name)))
}

/** The `openai` of `openai/gpt-4o`; '' when there is none, which is nobody's name. */
export function providerPart(name: string): string {
  const slash = name.indexOf('/')
  return slash < 0 || slash === name.length - 1 ? '' : name.slice(0, slash)
}
