// The one source of validation: strict zod schemas of every kind that this version enforces, from which the JSON Schema and
// OpenAPI are made as well. Only the control plane and the CLI load this file; a proxy folds what was validated before it
// was stored. Fields that the public surface names for later are known here and refused as unsupported, so that nobody
// believes in a limit that nothing enforces.
import { z } from 'zod'
import { parseDurationMs } from '../units.ts'
import { baseModelProblem } from './base-model.ts'
import { baseUrlProblem, urlProblem } from './egress.ts'
import { providerKinds, type RetryCondition, sloObjectives } from './kinds.ts'
import { isName, namePattern, nameRule } from './names.ts'
import { type InputOf, isMask } from './secret-fields.ts'

const bounds = {
  targetsMax: 64,
  fallbacksMax: 16,
  credentialsMax: 64,
  allowedModelsMax: 256,
  labelsMax: 32,
  labelCharactersMax: 256,
  weightMax: 1e6,
  usdPerMTokMax: 1e6,
  usdPerUnitMax: 1e4,
  priceStepsMax: 8,
  retriesMax: 10,
  timeoutMsMax: 86_400_000, // a timer above 2^31 ms fires at once
  overlapMsMax: 30 * 86_400_000,
  secretCharactersMax: 8_192,
  pemCharactersMax: 65_536,
  keyIdCharactersMax: 128,
  thresholdMsMax: 86_400_000,
  sloTargetMin: 0.01,
  sloTargetMax: 0.99999,
  sloWindowMsMin: 3_600_000,
  sloWindowMsMax: 90 * 86_400_000,
} as const

/** Carried in a schema's metadata and in an issue's params: the JSON Schema leaves such fields out. */
export const notEnforced = 'notEnforced'

const name = z.string().regex(namePattern, nameRule)

const allowedModel = z
  .string()
  .refine(
    (text) => isName(text.replace(/\/\*$/, '')),
    `${nameRule}; "provider/*" stands for all of a provider's models`,
  )

const upstreamModel = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, "expected the provider's name of a model: up to 256 visible ASCII characters")

const label = z
  .string()
  .max(bounds.labelCharactersMax)
  .refine((text) => text.trim() !== '' && !hasControlCharacters(text), 'expected text, without control characters')

const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a label has 1 to 64 of A-Z a-z 0-9 . _ -'), label)
  .refine((all) => Object.keys(all).length <= bounds.labelsMax, `expected at most ${bounds.labelsMax} labels`)

const weight = z.number().positive().max(bounds.weightMax)
const usdPerMTok = z.number().nonnegative().max(bounds.usdPerMTokMax)
const usdPerUnit = z.number().nonnegative().max(bounds.usdPerUnitMax)

const apiKey = z
  .string()
  .max(bounds.secretCharactersMax)
  .refine((text) => isMask(text) || /^[\x21-\x7e]+$/.test(text), 'expected a secret: visible ASCII without spaces')

const certificate = z
  .string()
  .max(bounds.pemCharactersMax)
  .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), 'expected certificates in PEM')

const privateKey = z
  .string()
  .max(bounds.pemCharactersMax)
  .refine((text) => isMask(text) || /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text), 'expected a private key in PEM')

const headers = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/, 'expected the name of a header'), headerValue())
  .superRefine((all, context) => {
    const seen = new Set<string>()
    for (const header of Object.keys(all)) {
      const problem = headerProblem(header.toLowerCase(), seen)
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [header], message: problem })
      seen.add(header.toLowerCase())
    }
  })
  .refine((all) => Object.keys(all).length <= bounds.labelsMax, `expected at most ${bounds.labelsMax} headers`)

const path = z.string().min(1).max(1_024)

const aws = z.union([
  z.literal('default'),
  z
    .strictObject({
      accessKeyId: z
        .string()
        .regex(/^[A-Z0-9]{4,128}$/i, 'expected an access key id')
        .exactOptional(),
      secretAccessKey: apiKey.exactOptional().describe('A secret.'),
      sessionToken: apiKey.exactOptional().describe('A secret.'),
      roleArn: z
        .string()
        .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'expected the ARN of a role')
        .exactOptional(),
      webIdentityTokenFile: path.exactOptional(),
    })
    .superRefine((keys, context) => {
      const wrong = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
      if ((keys.accessKeyId === undefined) !== (keys.secretAccessKey === undefined)) {
        wrong('secretAccessKey', 'accessKeyId and secretAccessKey stand together')
      }
      if (keys.sessionToken !== undefined && keys.accessKeyId === undefined) wrong('sessionToken', 'needs accessKeyId')
      if (keys.webIdentityTokenFile !== undefined && keys.roleArn === undefined) wrong('roleArn', 'is required here')
      if (keys.accessKeyId === undefined && keys.roleArn === undefined) wrong('accessKeyId', 'is required, or roleArn')
    }),
])
const gcp = z.union([z.literal('default'), z.strictObject({ serviceAccountFile: path })])
const azure = z.union([
  z.literal('default'),
  z.strictObject({ tenantId: label, clientId: label, clientSecret: apiKey.describe('A secret.') }),
])

const credential = z
  .strictObject({
    name: name.describe('Names the credential in telemetry and tells it from its siblings.'),
    weight: weight.exactOptional(),
    apiKey: apiKey.exactOptional().describe('A secret. Read back as "…" and its last four characters.'),
    aws: aws.exactOptional().describe("For bedrock. default: what the machine may do, as AWS's own tools find it."),
    gcp: gcp.exactOptional().describe("For vertex. default: what the machine may do, as Google's own tools find it."),
    azure: azure.exactOptional().describe('For azure. default: the identity that the platform gives to the machine.'),
  })
  .superRefine((value, context) => {
    const named = ['apiKey', 'aws', 'gcp', 'azure'].filter((field) => field in value)
    if (named.length === 0) context.addIssue({ code: 'custom', path: ['apiKey'], message: 'is required: a secret' })
    for (const field of named.slice(1)) {
      context.addIssue({
        code: 'custom',
        path: [field],
        message: `stands beside ${named[0]}: a credential is one of them`,
      })
    }
  })

const provider = z.strictObject({
  kind: z.literal([...providerKinds]),
  baseUrl: z
    .string()
    .max(2_048)
    .superRefine((text, context) => {
      const problem = baseUrlProblem(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .exactOptional()
    .describe(
      "openai: with its /v1, default https://api.openai.com/v1. Others: the origin. Default: the provider's own.",
    ),
  credentials: z.array(credential).max(bounds.credentialsMax).exactOptional(),
  headers: headers.exactOptional().describe('Sent with every request. Stored readable: no secrets here.'),
  tls: z
    .strictObject({
      ca: certificate.exactOptional(),
      cert: certificate.exactOptional(),
      key: privateKey.exactOptional().describe('A secret.'),
    })
    .exactOptional(),
  allowPrivate: z.boolean().exactOptional().describe('Allows private addresses and plain http under strict egress.'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'expected a region such as us-east-1')
    .exactOptional(),
  project: z
    .string()
    .regex(/^[a-z0-9:.-]{1,128}$/, 'expected the id of a project')
    .exactOptional(),
  apiVersion: z
    .string()
    .regex(/^(v1|preview|latest|\d{4}-\d{2}-\d{2}(-preview)?)$/, 'expected a version such as 2024-10-21, or v1')
    .exactOptional()
    .describe('Of azure: the version of its API. Default 2024-10-21.'),
})

const rates = {
  inputPerMTok: usdPerMTok,
  outputPerMTok: usdPerMTok,
  cachedInputPerMTok: usdPerMTok.exactOptional().describe("Read from the provider's cache. Default: as input."),
  cacheWritePerMTok: usdPerMTok.exactOptional().describe('Written to its cache. Default: as input.'),
  cacheWrite1hPerMTok: usdPerMTok.exactOptional().describe('Written for an hour. Default: as cacheWritePerMTok.'),
  reasoningPerMTok: usdPerMTok.exactOptional().describe('Thoughts. Default: as output.'),
}

const target = z.strictObject({
  provider: name,
  model: upstreamModel,
  weight: weight.exactOptional(),
  price: z
    .strictObject({
      ...rates,
      above: z
        .array(z.strictObject({ inputTokens: z.int().positive(), ...rates }))
        .max(bounds.priceStepsMax)
        .exactOptional()
        .describe('Rates of requests with more input tokens than that.'),
    })
    .exactOptional()
    .describe('USD per million tokens. Default: the list price of the model catalogue, where it has one.'),
  unitPrice: z
    .strictObject({
      perImage: usdPerUnit.exactOptional(),
      perSecond: usdPerUnit.exactOptional().describe('Of sound.'),
      perMCharacters: usdPerMTok.exactOptional().describe('Of text for speech, by the million.'),
      perSearchUnit: usdPerUnit.exactOptional().describe('Of reranking.'),
    })
    .exactOptional()
    .describe('USD for what an answer is charged by where it tells no tokens.'),
  baseModel: z
    .string()
    .superRefine((text, context) => {
      const problem = baseModelProblem(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .exactOptional()
    .describe(
      'What this really is, as `provider/model` of the model catalogue: for deployments with names of their own.',
    ),
  region: later('a target region is'),
})

// YAML reads a bare 429 as a number; both forms mean the same.
const retryCondition = z
  .literal(['429', '5xx', 'timeout', 'connect', '408', '409', 429, 408, 409])
  .transform((condition) => String(condition) as RetryCondition)

const model = z.strictObject({
  targets: z.array(target).min(1).max(bounds.targetsMax),
  routing: words<'weighted' | 'priority' | 'latency' | 'cost', 'weighted' | 'priority' | 'latency'>(
    ['weighted', 'priority', 'latency', 'cost'],
    ['weighted', 'priority', 'latency'],
    (word) => `${word} routing is`,
  ).exactOptional(),
  fallbacks: z.array(name).max(bounds.fallbacksMax).exactOptional().describe('Models to try next, in this order.'),
  strict: z
    .boolean()
    .exactOptional()
    .describe('Refuses parameters that a target cannot take, instead of dropping and naming them. Default false.'),
  retries: z
    .strictObject({
      attempts: z.int().nonnegative().max(bounds.retriesMax).exactOptional().describe('Extra attempts. Default 1.'),
      on: z.array(retryCondition).max(16).exactOptional(),
    })
    .exactOptional(),
  timeouts: z
    .strictObject({
      connect: timeout().describe('Default 2s.'),
      firstToken: timeout().describe('Default 60s.'),
      idle: timeout().describe('Default 60s.'),
      total: timeout().describe('Default 10m.'),
    })
    .exactOptional(),
  hedge: later('hedging is'),
  affinity: later('affinity is'),
})

const ownerFields = {
  costCenter: label.exactOptional(),
  models: z.array(allowedModel).max(bounds.allowedModelsMax).exactOptional().describe('Models allowed. Default: all.'),
  tier: label.exactOptional().describe('A stored label.'),
  metadata: labels.exactOptional().describe('Stored labels.'),
}
const team = z.strictObject({ ...ownerFields, team: later('a team within a team is') })
const member = z.strictObject({ ...ownerFields, team: name.exactOptional() })

const webhookUrl = z
  .string()
  .max(2_048)
  .superRefine((text, context) => {
    const problem = urlProblem(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

const webhook = z.strictObject({
  url: webhookUrl.describe('Stored readable, and never written to a log whole.'),
  secret: apiKey.describe('A secret: the key of the HMAC-SHA256 over timestamp and body.'),
  allowPrivate: z.boolean().exactOptional().describe('Allows private addresses and plain http under strict egress.'),
})

const slo = z
  .strictObject({
    match: z
      .strictObject({
        model: name.exactOptional(),
        provider: name.exactOptional().describe('With it, or with a target, attempts count and not requests.'),
        target: upstreamModel.exactOptional(),
        team: name.exactOptional(),
        user: name.exactOptional(),
        app: name.exactOptional(),
        key: z.string().min(1).max(bounds.keyIdCharactersMax).exactOptional().describe('The id of a key.'),
      })
      .exactOptional()
      .describe('What counts. Default: everything.'),
    objective: z.literal(sloObjectives),
    threshold: duration(1, bounds.thresholdMsMax, '24h')
      .exactOptional()
      .describe('What is not above it is good. Required, except for availability.'),
    target: z
      .number()
      .refine(
        (part) => part >= bounds.sloTargetMin && part <= bounds.sloTargetMax,
        `expected a part from ${bounds.sloTargetMin} to ${bounds.sloTargetMax}, such as 0.999`,
      )
      .exactOptional()
      .describe('The part that has to be good. Default 0.999.'),
    window: duration(bounds.sloWindowMsMin, bounds.sloWindowMsMax, '90d')
      .exactOptional()
      .describe('Over which the budget is counted. Default 30d.'),
    webhook: z
      .union([webhookUrl, webhook])
      .exactOptional()
      .describe('Told when an alert begins and ends; signed where it has a secret.'),
  })
  .superRefine(({ objective, threshold }, context) => {
    const message = thresholdProblem(objective, threshold)
    if (message !== undefined) context.addIssue({ code: 'custom', path: ['threshold'], message })
  })

function thresholdProblem(objective: (typeof sloObjectives)[number], threshold: string | undefined) {
  if (objective === 'availability') return threshold === undefined ? undefined : 'availability has no threshold'
  return threshold === undefined ? `is required: the ${objective} that is still good, such as 500ms` : undefined
}

export const specSchemas = {
  providers: provider,
  models: model,
  teams: team,
  users: member,
  apps: member,
  slos: slo,
} satisfies { [Kind in keyof InputOf]: z.ZodType<InputOf[Kind]> }

/** Body of `POST /keys`. */
export const keyRequestSchema = z.strictObject({
  name: label.describe('A label; it need not be unique.'),
  owner: z
    .strictObject({ team: name.exactOptional(), user: name.exactOptional(), app: name.exactOptional() })
    .refine((owner) => Object.keys(owner).length === 1, 'expected exactly one of team, user, app')
    .exactOptional()
    .describe('Default: the team "default".'),
  models: ownerFields.models,
  expiresAt: z.iso
    .datetime({ offset: true, error: 'expected a time such as 2030-01-31T12:00:00Z' })
    .transform((text) => new Date(text).toISOString())
    .exactOptional(),
  metadata: ownerFields.metadata,
})

/** Body of `POST /keys/{id}:rotate`. */
export const rotateRequestSchema = z.strictObject({
  overlap: duration(0, bounds.overlapMsMax, '30d')
    .exactOptional()
    .describe('How long the old secret still counts. Default 0s.'),
})

function timeout() {
  return duration(1, bounds.timeoutMsMax, '24h').exactOptional()
}

function duration(minMs: number, maxMs: number, maxText: string) {
  return z
    .string()
    .regex(/^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$/, 'expected a duration such as 250ms, 30s, 10m, 24h or 30d')
    .refine((text) => {
      const ms = parseDurationMs(text) ?? minMs // an ill-formed one has its own problem already
      return ms >= minMs && ms <= maxMs
    }, `expected a duration from ${minMs}ms to ${maxText}`)
}

/** A field that the public surface names and this version does not enforce: no value passes, so its type is `never`. */
function later(what: string) {
  const refused = z.unknown().superRefine((_, context) => addUnsupported(context, what)) as unknown as z.ZodType<never>
  return refused.meta({ [notEnforced]: true }).exactOptional()
}

/** One of `all`; what is not among `enforced` is unsupported, what is not among `all` is a mistake. */
function words<All extends string, Enforced extends All>(
  all: readonly All[],
  enforced: readonly Enforced[],
  what: (word: All) => string,
) {
  const isEnforced = (word: All): word is Enforced => enforced.some((known) => known === word)
  return z
    .literal([...all])
    .superRefine((word, context) => {
      if (!isEnforced(word)) addUnsupported(context, what(word))
    })
    .transform((word) => word as Enforced)
    .meta({ enum: [...enforced] })
}

function addUnsupported(context: z.RefinementCtx, what: string): void {
  context.addIssue({ code: 'custom', message: what, params: { [notEnforced]: true } })
}

function headerValue() {
  return z
    .string()
    .max(4_096)
    .refine((text) => /^[\x20-\x7e]*$/.test(text), 'expected visible ASCII')
}

const framingHeaders =
  /^(host|connection|content-length|content-type|transfer-encoding|te|trailer|upgrade|keep-alive|expect)$/
const secretHeaders =
  /^(authorization|proxy-authorization|cookie|api-key|x-api-key|x-goog-api-key)$|(^|-)(secret|token|password|apikey)$/

function headerProblem(header: string, seen: ReadonlySet<string>): string | undefined {
  if (seen.has(header)) return 'this header stands here twice'
  if (framingHeaders.test(header)) return 'this header is set by the gateway'
  if (secretHeaders.test(header)) return 'headers are stored readable: a secret belongs into credentials'
  return undefined
}

function hasControlCharacters(text: string): boolean {
  return /\p{Cc}|\p{Cf}/u.test(text)
}
