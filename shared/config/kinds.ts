// The kinds of resource and the specs as they are stored: durations and sizes are still what the operator wrote ('30s'),
// secrets are sealed. The zod schemas in this room validate exactly these shapes.

import type { UnitPriceSpec } from '../models/unit-price.ts'

export const enforcedKinds = ['providers', 'models', 'teams', 'users', 'apps', 'slos'] as const
export const laterKinds = [
  'limits',
  'budgets',
  'guardrails',
  'caches',
  'canaries',
  'prompts',
  'mcp-servers',
  'agents',
  'sinks',
] as const
export type EnforcedKind = (typeof enforcedKinds)[number]
export type LaterKind = (typeof laterKinds)[number]

/** A secret at rest: AES-256-GCM under the owner's data key. `hint` is its last four characters, or '' for short ones. */
export interface SealedSecret {
  readonly $sealed: string
  readonly hint: string
}

export const providerKinds = ['openai', 'azure', 'anthropic', 'bedrock', 'gemini', 'vertex', 'cohere', 'demo'] as const
export type ProviderKind = (typeof providerKinds)[number]

export interface ProviderSpec {
  kind: ProviderKind
  /** openai: with its `/v1`. Default https://api.openai.com/v1. */
  baseUrl?: string
  credentials?: CredentialSpec[]
  headers?: Record<string, string>
  tls?: { ca?: string; cert?: string; key?: SealedSecret }
  allowPrivate?: boolean
  /** Of azure alone. */
  apiVersion?: string
  /** Of bedrock and vertex. */
  region?: string
  /** Of vertex alone. */
  project?: string
}

/** One of `apiKey`, `aws`, `gcp` and `azure`; `default` is what the machine itself may do. */
export interface CredentialSpec {
  name: string
  weight?: number
  apiKey?: SealedSecret
  aws?: 'default' | AwsCredentialSpec
  gcp?: 'default' | { serviceAccountFile: string }
  azure?: 'default' | { tenantId: string; clientId: string; clientSecret: SealedSecret }
}

export interface AwsCredentialSpec {
  accessKeyId?: string
  secretAccessKey?: SealedSecret
  sessionToken?: SealedSecret
  /** A role to take with them, or with the token of the file. */
  roleArn?: string
  webIdentityTokenFile?: string
}

/** USD per million tokens. */
export interface RatesSpec {
  inputPerMTok: number
  outputPerMTok: number
  cachedInputPerMTok?: number
  cacheWritePerMTok?: number
  cacheWrite1hPerMTok?: number
  reasoningPerMTok?: number
}

export interface PriceSpec extends RatesSpec {
  above?: (RatesSpec & { inputTokens: number })[]
}

export interface TargetSpec {
  provider: string
  model: string
  weight?: number
  price?: PriceSpec
  unitPrice?: UnitPriceSpec
  /** `provider/model` of the model catalogue. */
  baseModel?: string
}

export type RetryCondition = '429' | '5xx' | 'timeout' | 'connect' | '408' | '409'

export interface ModelSpec {
  targets: TargetSpec[]
  routing?: 'weighted' | 'priority' | 'latency'
  fallbacks?: string[]
  /** What a target cannot take is refused, not dropped. Default false. */
  strict?: boolean
  /** `attempts` are extra ones. Default 1 on 429, 5xx, timeout and connect. */
  retries?: { attempts?: number; on?: RetryCondition[] }
  /** Durations. Defaults 2s, 60s, 60s, 10m. */
  timeouts?: { connect?: string; firstToken?: string; idle?: string; total?: string }
}

/** Teams, users and apps alike. */
export interface OwnerSpec {
  costCenter?: string
  team?: string
  models?: string[]
  tier?: string
  metadata?: Record<string, string>
}

export const sloObjectives = ['availability', 'ttft', 'itl', 'total'] as const
export type SloObjective = (typeof sloObjectives)[number]

/** What a request must have to count; a field that is absent asks for nothing. */
export interface SloMatch {
  model?: string
  /** With `provider` or `target` the attempts at it are what counts, not the requests. */
  provider?: string
  /** The model's name at the provider. */
  target?: string
  team?: string
  user?: string
  app?: string
  /** A key's id. */
  key?: string
}

export interface SloSpec {
  /** Default: everything. */
  match?: SloMatch
  objective: SloObjective
  /** A duration: what is not above it is good. Of every objective but availability. */
  threshold?: string
  /** The part of all that has to be good. Default 0.999. */
  target?: number
  /** Over which the budget is counted. Default 30d. */
  window?: string
  /** Without a secret its messages are not signed. */
  webhook?: string | WebhookSpec
}

export interface WebhookSpec {
  url: string
  secret: SealedSecret
  allowPrivate?: boolean
}

export interface SpecOf {
  providers: ProviderSpec
  models: ModelSpec
  teams: OwnerSpec
  users: OwnerSpec
  apps: OwnerSpec
  slos: SloSpec
}

export type KeyOwner = { team: string } | { user: string } | { app: string }

/** A virtual key as stored: the token itself is never kept. */
export interface KeyRecord {
  id: string
  name: string
  owner: KeyOwner
  /** Hex SHA-256 of the whole token. */
  tokenHash: string
  /** First characters of the token, for people to tell keys apart. */
  prefix: string
  models?: string[]
  /** ISO 8601. */
  expiresAt?: string
  metadata?: Record<string, string>
  createdAt: string
  /** After a rotation: the old token's hash still counts until then. */
  previous?: { tokenHash: string; until: string }
  /** The demo key alone: its token, so that later starts can print it again. */
  sealedToken?: SealedSecret
}
