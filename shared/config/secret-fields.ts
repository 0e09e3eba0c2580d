// The secrets of a spec, wherever its kind says that they stand.
import { type EnforcedKind, enforcedKinds, resourceKinds, type SpecOf } from './kinds/kind.ts'
import { kindRules } from './kinds/rules.ts'
import type { PathSegment } from './problem.ts'
import { maskOf, type SealedSecret } from './sealed-secret.ts'

/** The same shape with another form of secret. */
export type WithSecrets<Spec, Secret> = Spec extends SealedSecret
  ? Secret
  : Spec extends readonly (infer Item)[]
    ? WithSecrets<Item, Secret>[]
    : Spec extends object
      ? { [Key in keyof Spec]: WithSecrets<Spec[Key], Secret> }
      : Spec

/** A spec as it comes in: secrets are plain text or masks. */
export type InputOf = { [Kind in EnforcedKind]: WithSecrets<SpecOf[Kind], string> }
/** A spec as it may be shown: secrets are masks. */
export type PublicOf = InputOf

export interface SecretPlace {
  /** The path within the spec. */
  path: PathSegment[]
  /** Says which secret it is even when the list around it was reordered: `credentials/main/apiKey`, `tls/key`. */
  slot: string
}

/** The owner of the data key that seals a resource's secrets: `provider:openai`. Forgetting the owner forgets them. */
export function secretOwner(kind: EnforcedKind, name: string): string {
  return `${resourceKinds[kind]}:${name}`
}

/** The resource whose secrets are sealed for `owner`; undefined for an owner of another sort. */
export function resourceOfSecretOwner(owner: string): { kind: EnforcedKind; name: string } | undefined {
  const kind = kindsWithSecrets.find((one) => owner.startsWith(secretOwner(one, '')))
  return kind === undefined ? undefined : { kind, name: owner.slice(secretOwner(kind, '').length) }
}

/** Whether resources of this kind can hold secrets. */
export function holdsSecrets(kind: EnforcedKind): boolean {
  return Object.keys(kindRules[kind].secrets).length > 0
}

const kindsWithSecrets = enforcedKinds.filter(holdsSecrets)

/** A spec for everybody's eyes. It is valid input: written back, it keeps the stored secrets. */
export function publicSpec<Kind extends EnforcedKind>(kind: Kind, spec: SpecOf[Kind]): PublicOf[Kind] {
  return mapSecrets<Kind, SealedSecret, string>(
    kind,
    spec as WithSecrets<SpecOf[Kind], SealedSecret>,
    maskOf,
  ) as PublicOf[Kind]
}

/** The spec with every secret replaced by what `map` makes of it. */
export function mapSecrets<Kind extends EnforcedKind, From, To>(
  kind: Kind,
  spec: WithSecrets<SpecOf[Kind], From>,
  map: (secret: From, place: SecretPlace) => To,
): WithSecrets<SpecOf[Kind], To> {
  const mapped = mapFields(kindRules[kind].secrets, spec, {
    path: [],
    slots: [],
    map: (secret, place) => map(secret as From, place),
  })
  return mapped as WithSecrets<SpecOf[Kind], To>
}

/** Whether a secret stands at this place of a spec of the kind. */
export function isSecretField(kind: EnforcedKind, path: readonly PathSegment[]): boolean {
  let fields: Fields | undefined = kindRules[kind].secrets
  for (const segment of path) {
    if (fields === true || fields === undefined) return false
    fields = isList(fields) ? fields[0] : fields[segment]
  }
  return fields === true
}

/** `SecretFields` of any spec. */
type Fields = true | readonly [Fields] | { readonly [field: string]: Fields }

interface Walk {
  path: PathSegment[]
  slots: string[]
  map: (secret: unknown, place: SecretPlace) => unknown
}

function mapFields(fields: Fields, value: unknown, walk: Walk): unknown {
  const { path, slots, map } = walk
  if (fields === true) return map(value, { path, slot: slots.join('/') })
  // Where a field can be a word instead (`aws: default`), there is no secret in it.
  if (typeof value !== 'object' || value === null) return value
  if (isList(fields)) return mapItems(fields[0], value as { name: string }[], walk)
  const found = Object.entries(fields).filter(([field]) => Object.hasOwn(value, field))
  if (found.length === 0) return value
  const mapped: Record<string, unknown> = { ...value }
  for (const [field, inner] of found) {
    mapped[field] = mapFields(inner, mapped[field], { path: [...path, field], slots: [...slots, field], map })
  }
  return mapped
}

function mapItems(fields: Fields, items: readonly { name: string }[], { path, slots, map }: Walk): unknown[] {
  return items.map((item, index) =>
    mapFields(fields, item, { path: [...path, index], slots: [...slots, item.name], map }),
  )
}

function isList(fields: Fields): fields is readonly [Fields] {
  return Array.isArray(fields)
}
