// A model refers to the providers of its targets and to the models that it falls back on, which may not run in circles.
import { invalid, type Problem, quote } from '../../problem.ts'
import type { ConfigState, Resources } from '../../state.ts'
import type { KindRules } from '../kind-rules.ts'
import type { Reference } from '../reference.ts'
import { records, text, texts } from '../salvage.ts'
import { fallbackCycles } from './fallback-cycles.ts'
import type { ModelSpec } from './spec.ts'

export const modelRules: KindRules<ModelSpec> = {
  secrets: {},
  references: referencesOf,
  salvage: ({ targets, fallbacks }) => ({
    targets: records(targets).map(({ provider, model }) => ({ provider: text(provider), model: text(model) })),
    fallbacks: texts(fallbacks),
  }),
  check: reservedNameProblems,
  checkAll: cycleProblems,
  checkSet: endpointProblems,
}

function referencesOf({ targets, fallbacks = [] }: ModelSpec): Reference[] {
  return [
    ...targets.map(({ provider: name }, index): Reference => {
      return { path: ['targets', index, 'provider'], to: 'providers', name }
    }),
    ...fallbacks.map((name, index): Reference => ({ path: ['fallbacks', index], to: 'models', name })),
  ]
}

function reservedNameProblems(name: string, { targets }: ModelSpec): Problem[] {
  if (!name.startsWith('demo/') || targets.every(({ provider }) => provider === 'demo')) return []
  return [invalid(['models', name], 'names that begin with "demo/" are reserved for the demo provider')]
}

/** Providers of other kinds ask all their models in one way. */
function endpointProblems(name: string, { next }: { next: ConfigState }): Problem[] {
  const { models, providers } = next.resources
  return (models.get(name)?.spec.targets ?? []).flatMap(({ provider, endpoint }, index) => {
    const kind = providers.get(provider)?.spec.kind
    if (endpoint === undefined || kind === undefined || kind === 'openai' || kind === 'azure') return []
    const path = ['models', name, 'targets', index, 'endpoint']
    return [invalid(path, `only openai and azure have endpoints to choose from: those of ${kind} are known`)]
  })
}

function cycleProblems({ models }: Resources): Problem[] {
  return fallbackCycles(models).map(({ model, index, cycle }) =>
    invalid(['models', model, 'fallbacks', index], `fallbacks run in a circle: ${cycle.map(shortened).join(' → ')}`),
  )
}

function shortened(name: string): string {
  return quote(name).slice(1, -1)
}
