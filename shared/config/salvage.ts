// What can still be read of a spec that failed its schema: references keep their places, everything else is dropped. A
// reference that is no text is '', which the checks of meaning pass over, because the schema has spoken about it.
import type { EnforcedKind, ModelSpec, OwnerSpec, ProviderSpec, SloMatch, SloSpec, SpecOf } from './kinds.ts'

export function salvageSpec<Kind extends EnforcedKind>(kind: Kind, input: unknown): SpecOf[Kind] {
  const fields = isRecord(input) ? input : {}
  if (kind === 'providers') return salvageProvider(fields) as SpecOf[Kind]
  if (kind === 'models') return salvageModel(fields) as SpecOf[Kind]
  if (kind === 'slos') return salvageSlo(fields) as SpecOf[Kind]
  return salvageOwner(fields) as SpecOf[Kind]
}

function salvageProvider(fields: Record<string, unknown>): ProviderSpec {
  const { kind, baseUrl, credentials, allowPrivate } = fields
  const spec: ProviderSpec = { kind: kind === 'demo' ? 'demo' : 'openai' }
  if (typeof baseUrl === 'string') spec.baseUrl = baseUrl
  if (Array.isArray(credentials)) spec.credentials = records(credentials).map((item) => ({ name: text(item['name']) }))
  // Whoever misspelt what allows a private address is told about the spelling alone.
  if (allowPrivate !== undefined) spec.allowPrivate = allowPrivate !== false
  return spec
}

function salvageModel(fields: Record<string, unknown>): ModelSpec {
  const { targets, fallbacks } = fields
  return {
    targets: records(targets).map((target) => ({ provider: text(target['provider']), model: text(target['model']) })),
    fallbacks: texts(fallbacks),
  }
}

function salvageOwner(fields: Record<string, unknown>): OwnerSpec {
  return { team: text(fields['team']), models: texts(fields['models']) }
}

function salvageSlo({ match, webhook }: Record<string, unknown>): SloSpec {
  const named = Object.entries(isRecord(match) ? match : {}).filter(([field]) => sloMatchFields.has(field))
  const spec: SloSpec = {
    match: Object.fromEntries(named.map(([field, name]) => [field, text(name)])) as SloMatch,
    objective: 'availability',
  }
  if (typeof webhook === 'string') spec.webhook = webhook
  if (!isRecord(webhook)) return spec
  const { url, allowPrivate } = webhook
  // Whoever misspelt what allows a private address is told about the spelling alone.
  const allowed = allowPrivate !== undefined && allowPrivate !== false
  spec.webhook = { url: text(url), secret: { $sealed: '', hint: '' }, allowPrivate: allowed }
  return spec
}

const sloMatchFields: ReadonlySet<string> = new Set(['model', 'provider', 'target', 'team', 'user', 'app', 'key'])

// A list far above its bound is refused for that; reading on would only cost time.
const itemsMax = 1_000

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.slice(0, itemsMax).map((item) => (isRecord(item) ? item : {})) : []
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.slice(0, itemsMax).map(text) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
