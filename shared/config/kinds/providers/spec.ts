import type { UnpricedPolicy } from '../../../models/unpriced-policy.ts'
import type { SealedSecret } from '../../sealed-secret.ts'

export const providerKinds = ['openai', 'azure', 'anthropic', 'bedrock', 'gemini', 'vertex', 'cohere', 'demo'] as const
export type ProviderKind = (typeof providerKinds)[number]

/** Endpoints that a server of OpenAI's API may have. */
export const endpointNames = [
  ...(['chat', 'completions', 'responses', 'embeddings', 'images', 'speech', 'transcriptions'] as const),
  ...(['moderations', 'rerank', 'realtime', 'files', 'batches'] as const),
] as const
export type EndpointName = (typeof endpointNames)[number]

/** Members of a chat message in which servers want the reasoning of earlier turns back. */
export const reasoningBackForms = ['reasoning_content', 'reasoning', 'reasoning_details', 'none'] as const
export type ReasoningBack = (typeof reasoningBackForms)[number]

export interface ProviderSpec {
  kind: ProviderKind
  /** openai: with its `/v1`. Default https://api.openai.com/v1. */
  baseUrl?: string
  credentials?: CredentialSpec[]
  headers?: Record<string, string>
  tls?: { ca?: string; cert?: string; key?: SealedSecret }
  allowPrivate?: boolean
  /** openai only: all endpoints of the server. Default: those known of its host, else all until one turns out missing. */
  endpoints?: EndpointName[]
  /** openai and azure only: how the server wants the reasoning of earlier turns back. Default: by the host, else by the model. */
  reasoningBack?: ReasoningBack
  /** openai only: whether the server takes one system message alone, before all others. */
  systemFirst?: boolean
  /** The version of the API; azure only. */
  apiVersion?: string
  /** The cloud's region; bedrock and vertex only. */
  region?: string
  /** The cloud project; vertex only. */
  project?: string
  /** The retries that it may get: a share of its requests in percent (default 20), and a number each second (default 20). */
  retryBudget?: { percent?: number; perSecond?: number }
  /** What is done with requests whose cost cannot be known. Default: `HEADGATE_UNPRICED`. */
  unpriced?: UnpricedPolicy
  /** The limits that each of its credentials has, for each model, in a minute. */
  quota?: QuotaSpec
  /** The models that are called by their name alone: all that the catalogue knows, none, or these. */
  bareNames?: boolean | string[]
}

/** A credential with one of `apiKey`, `aws`, `gcp` and `azure`; `default` is the identity of the machine. */
export interface CredentialSpec {
  name: string
  weight?: number
  apiKey?: SealedSecret
  aws?: 'default' | AwsCredentialSpec
  gcp?: 'default' | { serviceAccountFile: string }
  azure?: 'default' | { tenantId: string; clientId: string; clientSecret: SealedSecret }
  /** The limits of this credential, instead of those of its provider. */
  quota?: QuotaSpec
}

/** What a provider limits, in a minute. */
export interface QuotaAmounts {
  requests?: number
  tokens?: number
  inputTokens?: number
  outputTokens?: number
}

export interface QuotaSpec extends QuotaAmounts {
  /** Limits of models that have others, by the name of the model at the provider. */
  models?: Record<string, QuotaAmounts>
}

export interface AwsCredentialSpec {
  accessKeyId?: string
  secretAccessKey?: SealedSecret
  sessionToken?: SealedSecret
  /** A role to take with them, or with the token of the file. */
  roleArn?: string
  webIdentityTokenFile?: string
}
