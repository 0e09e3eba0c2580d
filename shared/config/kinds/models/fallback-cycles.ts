// Fallbacks that lead back to where they began would try the same models for ever.

import type { Resource } from '../../state.ts'
import type { ModelSpec } from './spec.ts'

export interface FallbackCycle {
  /** The fallback that closes the circle. */
  model: string
  index: number
  /** The models of the cycle, from one to itself: a, b, a. */
  cycle: string[]
}

/** One finding for each fallback that leads back onto the way that led to it. Depth first, without recursion: a chain may
 *  be as long as there are models. */
export function fallbackCycles(models: ReadonlyMap<string, Resource<ModelSpec>>): FallbackCycle[] {
  const found: FallbackCycle[] = []
  const finished = new Set<string>()
  for (const start of models.keys()) {
    const way: { name: string; next: number }[] = []
    const onWay = new Set<string>()
    const enter = (name: string) => {
      if (finished.has(name)) return
      way.push({ name, next: 0 })
      onWay.add(name)
    }
    enter(start)
    for (let here = way.at(-1); here !== undefined; here = way.at(-1)) {
      const index = here.next++
      const fallback = models.get(here.name)?.spec.fallbacks?.[index]
      if (fallback === undefined) {
        finished.add(here.name)
        onWay.delete(here.name)
        way.pop()
      } else if (onWay.has(fallback)) {
        const names = way.map(({ name }) => name)
        found.push({ model: here.name, index, cycle: [...names.slice(names.indexOf(fallback)), fallback] })
      } else {
        enter(fallback)
      }
    }
  }
  return found
}
