// The names of one model: as its maker writes it, with a date, and as each provider writes it.
import { catalogueEntries } from './catalogue.ts'

/** What a model is called wherever it runs: `claude-sonnet-4-5-20250929`, `nova-pro`, `llama-3.3-70b-instruct`. */
export function plainName(place: string, id: string): string {
  const name = claudeWithDashes(lastSegment(id).toLowerCase())
  if (place === 'amazon-bedrock') return bedrockName(name)
  if (place.startsWith('google-vertex')) return name.replace(/@default$|-maas$/, '').replace('@', '-')
  return name
}

function lastSegment(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1)
}

/** Some providers write `claude-sonnet-4.5`. */
function claudeWithDashes(name: string): string {
  return name.startsWith('claude-') ? name.replace(/(\d)\.(\d)/g, '$1-$2') : name
}

/** The name of a model at Bedrock, without place, vendor and the version of the offer. */
function bedrockName(id: string): string {
  const placeless = id.replace(bedrockPlace, '')
  // Names that say nothing without their vendor keep it.
  const vendorless = placeless.replace(/^deepseek\./, 'deepseek-').replace(/^[a-z0-9]+\./, '')
  return vendorless.replace(/-v\d+(:\d+)?$|-\d+:\d+$/, '')
}

const bedrockPlace = /^(us-gov|us|eu|apac|global|jp|au|ca)\./
const date = /-(\d{8}|\d{4}-\d{2}-\d{2}|\d{2}-\d{4}|\d{4})$/

/** A name without the date at its end. */
export function undated(name: string): string {
  return name.replace(date, '')
}

export interface NamesAtPlace {
  /** Ids by what they are called there and by their plain name; several where each region has its own. */
  readonly exact: ReadonlyMap<string, readonly string[]>
  /** The newest of several dates, by the name without a date. */
  readonly newest: ReadonlyMap<string, readonly string[]>
  /** Plain names of what is not deprecated. */
  readonly current: readonly string[]
}

const made = new Map<string, NamesAtPlace>()

/** Names of one part of the catalogue, in lower case. Made once. */
export function namesAt(place: string): NamesAtPlace {
  const known = made.get(place)
  if (known !== undefined) return known
  const names = makeNames(place)
  made.set(place, names)
  return names
}

function makeNames(place: string): NamesAtPlace {
  const entries = catalogueEntries(place).filter(({ id }) => /^[A-Za-z0-9]/.test(id))
  // The newest last: it takes the place of the others.
  entries.sort((a, b) => rankOf(a) - rankOf(b) || (a.released < b.released ? -1 : a.released > b.released ? 1 : 0))
  const exact = new Map<string, string[]>()
  const newest = new Map<string, readonly string[]>()
  for (const { id } of entries) add(exact, plainName(place, id), id)
  for (const { id } of entries) {
    const plain = plainName(place, id)
    const short = undated(plain)
    const ids = exact.get(plain)
    if (short !== plain && ids !== undefined) newest.set(short, ids)
  }
  for (const { id } of entries) exact.set(id.toLowerCase(), [id])
  const current = entries.filter(({ isDeprecated }) => !isDeprecated).map(({ id }) => plainName(place, id))
  return { exact, newest, current: [...new Set(current)].sort() }
}

function rankOf({ isDeprecated }: { isDeprecated: boolean }): number {
  return isDeprecated ? 0 : 1
}

function add(map: Map<string, string[]>, name: string, id: string): void {
  const there = map.get(name)
  if (there === undefined) map.set(name, [id])
  else there.unshift(id)
}

/** What a place calls `name`, best first; undefined where its catalogue has no such model. A date that was asked for is never
 *  another date. */
export function idsAt(place: string, name: string): readonly string[] | undefined {
  const { exact, newest } = namesAt(place)
  const wanted = claudeWithDashes(name.toLowerCase())
  const found = exact.get(wanted)
  if (found !== undefined) return found
  const latest = wanted.endsWith('-latest') ? wanted.slice(0, -'-latest'.length) : wanted
  return exact.get(latest) ?? newest.get(latest)
}

/** The same where the catalogue has the model without dates, and a date was asked for. */
export function undatedIdsAt(place: string, name: string): readonly string[] | undefined {
  const wanted = claudeWithDashes(name.toLowerCase())
  const short = undated(wanted)
  return short === wanted ? undefined : namesAt(place).exact.get(short)
}

/** The id for a region among the ids of one model at Bedrock: the profile of its part of the world, else the global one, else
 *  the model of the region itself. */
export function bedrockId(ids: readonly string[], region: string): string | undefined {
  for (const prefix of bedrockPrefixes(region)) {
    const id = ids.find((one) => (bedrockPlace.exec(one)?.[0] ?? '') === prefix)
    if (id !== undefined) return id
  }
  return undefined
}

/** The id of a Claude model that is newer than the catalogue. */
export function newBedrockId(name: string, region: string): string {
  const [prefix = ''] = bedrockPrefixes(region)
  return `${prefix}anthropic.${name}`
}

const bedrockPlaces: readonly (readonly [region: RegExp, prefixes: readonly string[]])[] = [
  [/^us-gov-/, ['us-gov.', '']],
  [/^us-/, ['us.', 'global.', '']],
  [/^eu-/, ['eu.', 'global.', '']],
  [/^ap-northeast-[13]$/, ['jp.', 'apac.', 'global.', '']],
  [/^ap-southeast-[24]$/, ['au.', 'apac.', 'global.', '']],
]

function bedrockPrefixes(region: string): readonly string[] {
  return bedrockPlaces.find(([pattern]) => pattern.test(region))?.[1] ?? ['global.', '']
}

/** A name without what clients add to it, or put before it: `claude-sonnet-4-5[1m]`, `models/gemini-2.5-flash`. */
export function withoutClientMarks(name: string): string {
  const bracket = name.endsWith(']') ? name.lastIndexOf('[') : -1
  const bare = bracket > 0 ? name.slice(0, bracket) : name
  return bare.startsWith('models/') ? bare.slice('models/'.length) : bare
}
