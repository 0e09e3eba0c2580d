// What the codes and types of errors mean at OpenAI and at compatible hosts.
import { type ChatErrorKind, errorKindOfStatus } from '../../../../shared/chat/error.ts'
import { closerKind } from '../common/errors/closer-kind.ts'

/** The facts of an error that tell its kind. */
export interface ToldError {
  readonly status: number
  /** Its code, type and status, as far as they are texts. */
  readonly words: readonly string[]
  readonly message: string
  /** Whether it names a member of the request. */
  readonly namesMember: boolean
}

export function kindOfError({ status, words, message, namesMember }: ToldError): ChatErrorKind {
  const names = words.map((word) => word.toLowerCase())
  const known = names.map((name) => kinds[name]).find((kind) => kind !== undefined)
  if (known !== undefined) return fitted(known, status)
  const kind = kindOfMessage(message)
  if (kind !== undefined && !(namesMember || status === 401)) return kind
  const common = saysLittle(status) ? names.map((name) => generic[name]).find(isKind) : undefined
  return meant(common ?? errorKindOfStatus(status), message, namesMember)
}

/** What the words say. An error that names a member is about what the caller wrote, unless that is too long. */
function meant(kind: ChatErrorKind, message: string, namesMember: boolean): ChatErrorKind {
  const closer = closerKind(kind, message)
  return namesMember && closer !== 'context-length' ? kind : closer
}

/** A single request that is larger than the limit of a minute (Groq, 413) is too large at any time; waiting does not help. */
function fitted(kind: ChatErrorKind, status: number): ChatErrorKind {
  return kind === 'rate-limit' && status === 413 ? 'too-large' : kind
}

/** Types that whole classes of errors share. A status that is more exact than they are goes before them. */
const generic: Readonly<Record<string, ChatErrorKind>> = {
  invalid_request_error: 'invalid-request',
  badrequesterror: 'invalid-request',
  server_error: 'server',
  internal_server_error: 'server',
  internalservererror: 'server',
  api_error: 'server',
}

function saysLittle(status: number): boolean {
  return status === 400 || status === 422 || status === 424 || status === 500
}

function isKind(kind: ChatErrorKind | undefined): kind is ChatErrorKind {
  return kind !== undefined
}

const kinds: Readonly<Record<string, ChatErrorKind>> = {
  context_length_exceeded: 'context-length',
  string_above_max_length: 'context-length',
  exceed_context_size_error: 'context-length', // llama.cpp
  content_policy_violation: 'content-policy',
  content_filter: 'content-policy',
  contentfilter: 'content-policy', // Azure's images
  // Codes of a response that failed. Source: openai 7.57, `ResponseError`.
  invalid_prompt: 'content-policy',
  bio_policy: 'content-policy',
  misalignment_policy_violation: 'content-policy',
  image_content_policy_violation: 'content-policy',
  vector_store_timeout: 'timeout',
  invalid_image: 'invalid-request',
  invalid_image_format: 'invalid-request',
  invalid_base64_image: 'invalid-request',
  invalid_image_url: 'invalid-request',
  invalid_image_mode: 'invalid-request',
  image_too_large: 'invalid-request',
  image_too_small: 'invalid-request',
  image_parse_error: 'invalid-request',
  image_file_too_large: 'invalid-request',
  image_file_not_found: 'invalid-request',
  unsupported_image_media_type: 'invalid-request',
  empty_image_file: 'invalid-request',
  failed_to_download_image: 'invalid-request',
  moderation_blocked: 'content-policy', // OpenAI's images
  data_inspection_failed: 'content-policy', // DashScope
  datainspectionfailed: 'content-policy',
  insufficient_quota: 'quota',
  insufficient_user_quota: 'quota', // new-api
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  exceeded_current_quota_error: 'quota', // Moonshot
  arrearage: 'quota', // DashScope
  rate_limit_exceeded: 'rate-limit',
  rate_limit_error: 'rate-limit',
  rate_limit_reached_error: 'rate-limit', // Moonshot
  rate_limited: 'rate-limit', // Mistral
  model_rate_limit: 'rate-limit', // Together
  too_many_requests: 'rate-limit',
  throttling: 'rate-limit', // DashScope
  'throttling.ratequota': 'rate-limit',
  'throttling.burstrate': 'rate-limit',
  'throttling.allocationquota': 'rate-limit',
  limit_requests: 'rate-limit',
  throttling_error: 'rate-limit', // LiteLLM
  model_max_prompt_tokens_exceeded: 'context-length', // GitHub Copilot
  model_not_found: 'not-found',
  deploymentnotfound: 'not-found', // Azure
  unknown_model: 'not-found', // GitHub Models
  model_decommissioned: 'not-found', // Groq
  model_not_active: 'not-found',
  model_not_available: 'not-found', // Together
  resource_not_found_error: 'not-found', // Moonshot
  invalid_api_key: 'authentication',
  invalidapikey: 'authentication', // DashScope
  authentication_error: 'authentication',
  invalid_authentication_error: 'authentication', // Moonshot
  account_deactivated: 'authentication',
  permission_error: 'permission',
  permission_denied_error: 'permission', // Moonshot
  model_terms_required: 'permission', // Groq
  unsupported_country_region_territory: 'permission',
  overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  server_overloaded: 'overloaded',
  model_overloaded: 'overloaded',
  engine_overloaded: 'overloaded',
  engineoverloaded: 'overloaded', // Azure
  engine_overloaded_error: 'overloaded', // Moonshot, at 429
  capacity_exceeded: 'overloaded', // Groq's flex tier, at 498
  service_tier_capacity_exceeded: 'overloaded', // Mistral, at 429
  slow_down: 'overloaded',
  service_unavailable: 'overloaded',
  timeout_error: 'timeout',
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Messages of hosts without a code for what they say. Those of passing errors are looked for at the beginning only, because a message
 *  may repeat what the caller wrote. */
const messages: readonly (readonly [RegExp, ChatErrorKind])[] = [
  [/^.{0,80}\b(is|are|may be) (currently |temporarily )?(overloaded|over capacity|at capacity)\b/i, 'overloaded'],
  [/^(model |server |service |system )?(overloaded|is busy)\b|^server is too busy\b/i, 'overloaded'],
  [/^(you have |your )?.{0,40}\brate limit(s)? (was |has been |is )?(reached|exceeded)\b/i, 'rate-limit'],
  [/^too many requests\b/i, 'rate-limit'],
]

function kindOfMessage(message: string): ChatErrorKind | undefined {
  return messages.find(([pattern]) => pattern.test(message))?.[1]
}
