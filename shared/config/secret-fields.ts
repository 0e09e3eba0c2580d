// Which fields of a spec are secrets, and the three forms they take: plain text on the way in, sealed at rest, and on the
// way out a mask of at most the last four characters. A mask that comes back in means "keep what is stored", so that a
// resource can be read, edited and written again. No secret begins with the mask's "…": it cannot stand in an HTTP header
// nor in a PEM file.
import type { CredentialSpec, EnforcedKind, ProviderSpec, SealedSecret, SloSpec, SpecOf, WebhookSpec } from './kinds.ts'
import type { PathSegment } from './problem.ts'

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
  /** Within the spec. */
  path: PathSegment[]
  /** Says which secret it is even when the list around it was reordered: `credentials/main/apiKey`, `tls/key`. */
  slot: string
}

export type Seal = (owner: string, plain: string) => SealedSecret

/** Whose data key seals a resource's secrets: `provider:openai`. To forget the owner is to forget them. */
export function secretOwner(kind: EnforcedKind, name: string): string {
  return `${kind.replace(/s$/, '')}:${name}`
}

/** A spec for everybody's eyes. It is valid input: written back, it keeps the stored secrets. */
export function publicSpec<Kind extends EnforcedKind>(kind: Kind, spec: SpecOf[Kind]): PublicOf[Kind] {
  return mapSecrets<Kind, SealedSecret, string>(
    kind,
    spec as WithSecrets<SpecOf[Kind], SealedSecret>,
    maskOf,
  ) as PublicOf[Kind]
}

export function maskOf(sealed: SealedSecret): string {
  return `…${sealed.hint}`
}

export function isMask(text: string): boolean {
  return text.startsWith('…')
}

/** The spec with every secret replaced by what `map` makes of it. */
export function mapSecrets<Kind extends EnforcedKind, From, To>(
  kind: Kind,
  spec: WithSecrets<SpecOf[Kind], From>,
  map: (secret: From, place: SecretPlace) => To,
): WithSecrets<SpecOf[Kind], To> {
  if (kind === 'providers') {
    const provider = spec as unknown as WithSecrets<ProviderSpec, From>
    return mapProvider(provider, map) as unknown as WithSecrets<SpecOf[Kind], To>
  }
  if (kind === 'slos') {
    const slo = spec as unknown as WithSecrets<SloSpec, From>
    return mapSlo(slo, map) as unknown as WithSecrets<SpecOf[Kind], To>
  }
  return spec as unknown as WithSecrets<SpecOf[Kind], To>
}

function mapSlo<From, To>(
  spec: WithSecrets<SloSpec, From>,
  map: (secret: From, place: SecretPlace) => To,
): WithSecrets<SloSpec, To> {
  if (spec.webhook === undefined || typeof spec.webhook === 'string') return spec as WithSecrets<SloSpec, To>
  const { secret, ...plain } = spec.webhook as WithSecrets<WebhookSpec, From>
  const place = { path: ['webhook', 'secret'], slot: 'webhook/secret' }
  const webhook = { ...plain, secret: map(secret as From, place) }
  return { ...spec, webhook } as WithSecrets<SloSpec, To>
}

function mapProvider<From, To>(
  spec: WithSecrets<ProviderSpec, From>,
  map: (secret: From, place: SecretPlace) => To,
): WithSecrets<ProviderSpec, To> {
  const { credentials, tls, ...plain } = spec
  const mapped = { ...plain } as WithSecrets<ProviderSpec, To>
  if (credentials !== undefined) {
    mapped.credentials = credentials.map((credential, index) =>
      mapCredential<From, To>(credential, (secret, path) =>
        map(secret, {
          path: ['credentials', index, ...path],
          slot: `credentials/${credential.name}/${path.join('/')}`,
        }),
      ),
    )
  }
  if (tls !== undefined) {
    const { key, ...certificates } = tls
    const place = { path: ['tls', 'key'], slot: 'tls/key' }
    mapped.tls = (key === undefined ? certificates : { ...certificates, key: map(key as From, place) }) as NonNullable<
      typeof mapped.tls
    >
  }
  return mapped
}

function mapCredential<From, To>(
  credential: WithSecrets<CredentialSpec, From>,
  map: (secret: From, path: string[]) => To,
): WithSecrets<CredentialSpec, To> {
  const mapped: Record<string, unknown> = { ...credential }
  for (const path of credentialSecrets) {
    const [field, inner] = path as [string, string?]
    const outer = mapped[field]
    if (outer === undefined) continue
    if (inner === undefined) mapped[field] = map(outer as From, path)
    else if (typeof outer === 'object' && inner in outer!) {
      mapped[field] = { ...outer, [inner]: map((outer as Record<string, From>)[inner]!, path) }
    }
  }
  return mapped as unknown as WithSecrets<CredentialSpec, To>
}

const credentialSecrets = [['apiKey'], ['aws', 'secretAccessKey'], ['aws', 'sessionToken'], ['azure', 'clientSecret']]
