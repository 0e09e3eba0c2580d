// What is taken for granted of a model that is newer than the catalogue: what holds of the newest of its line. It has no price,
// and nothing is said to be lacking: what it cannot do, its provider says.
import type { ModelFacts } from '../chat/capabilities.ts'
import { catalogueEntries, catalogueModel } from './catalogue.ts'
import { familyOf } from './model-family.ts'
import { plainName, undated } from './model-names.ts'
import { onlyEndpoint } from './only-endpoint.ts'

/** `place` is a part of the catalogue, `model` the name there. Empty where no relative is known. */
export function factsOfNewer(place: string, model: string): ModelFacts {
  const name = undated(plainName(place, model))
  const endpoint = onlyEndpoint(place, name)
  const facts = factsOfRelative(place, name)
  if (facts === undefined) return endpoint === undefined ? {} : { endpoint }
  const { contextTokensMax, outputTokensMax, reasoning, sampling, jsonSchema } = facts
  return { contextTokensMax, outputTokensMax, reasoning, sampling, jsonSchema, endpoint }
}

function factsOfRelative(place: string, name: string): ModelFacts | undefined {
  const family = familyOf(name)
  if (family === undefined || !family.homes.includes(place) || !/\d|-latest$/.test(name)) return undefined
  const relative = relativeOf(place, name, family.isUniform === true ? Number.POSITIVE_INFINITY : 1)
  return relative === undefined ? undefined : catalogueModel(place, relative)?.facts
}

/** The newest of those whose names differ in the fewest words; undefined where they differ in more than `differenceMax`. */
function relativeOf(place: string, name: string, differenceMax: number): string | undefined {
  const wanted = wordsOf(name)
  let best: { id: string; difference: number; released: string } | undefined
  for (const { id, released } of catalogueEntries(place)) {
    const words = wordsOf(undated(plainName(place, id)))
    const difference = words[0] === wanted[0] ? differenceOf(words, wanted) : Number.POSITIVE_INFINITY
    if (!Number.isFinite(difference) || difference > differenceMax) continue
    const isNearer = best === undefined || difference < best.difference
    const isNewer = best !== undefined && difference === best.difference && released > best.released
    if (isNearer || isNewer) best = { id, difference, released }
  }
  return best?.id
}

/** Versions aside. */
function wordsOf(name: string): string[] {
  const words = name.match(/[a-z]+/g) ?? []
  return words.filter((word) => !['preview', 'latest', 'exp', 'experimental'].includes(word))
}

function differenceOf(a: readonly string[], b: readonly string[]): number {
  return a.filter((word) => !b.includes(word)).length + b.filter((word) => !a.includes(word)).length
}
