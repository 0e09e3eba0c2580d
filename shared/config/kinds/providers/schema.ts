import { z } from 'zod'
import { unpricedPolicies } from '../../../models/unpriced-policy.ts'
import { baseUrlProblem, urlProblem } from '../../egress.ts'
import { namePattern, nameRule } from '../../names.ts'
import { nearest } from '../../nearest.ts'
import { quote } from '../../problem.ts'
import { isMask } from '../../sealed-secret.ts'
import { type Around, formAdvice, label, misplaced, secretText, upstreamModel, weight } from '../schema-fields.ts'
import { endpointProblem } from './base-url.ts'
import { headerProblem } from './header-problem.ts'
import { endpointNames, providerKinds, reasoningBackForms } from './spec.ts'
import { storedProvider } from './stored-provider.ts'
import { otherNames, wellKnownNames } from './well-known.ts'

const credentialsMax = 64
const bareNamesMax = 1_024
const headersMax = 32
const quotaModelsMax = 256
const pemCharactersMax = 65_536

const certificate = z
  .string()
  .max(pemCharactersMax)
  .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), 'expected certificates in PEM')

const privateKey = z
  .string()
  .max(pemCharactersMax)
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
  .refine((all) => Object.keys(all).length <= headersMax, `expected at most ${headersMax} headers`)

const modelPath = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:@/+-]{0,127}$/, 'expected the name of a model as callers write it')

const path = z.string().min(1).max(1_024)

const aws = z.union([
  z.literal('default'),
  z
    .strictObject({
      accessKeyId: z
        .string()
        .regex(/^[A-Z0-9]{4,128}$/i, 'expected an access key id')
        .exactOptional(),
      secretAccessKey: secretText.exactOptional().describe('A secret.'),
      sessionToken: secretText.exactOptional().describe('A secret.'),
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
  z.strictObject({ tenantId: label, clientId: label, clientSecret: secretText.describe('A secret.') }),
])

const quotaMax = 1e12
const perMinute = () => z.number().positive().max(quotaMax).exactOptional()
const quotaAmounts = {
  requests: perMinute(),
  tokens: perMinute(),
  inputTokens: perMinute(),
  outputTokens: perMinute(),
}
const quota = z
  .strictObject({
    ...quotaAmounts,
    models: z
      .record(
        upstreamModel,
        z.strictObject(quotaAmounts).refine((amounts) => Object.keys(amounts).length > 0, 'names no limit'),
      )
      .refine((models) => Object.keys(models).length <= quotaModelsMax, `expected at most ${quotaModelsMax} models`)
      .exactOptional(),
  })
  .refine((written) => Object.keys(written).length > 0, 'names no limit: write requests or tokens')
  .exactOptional()
  .describe('What the provider lets a credential use of each model, in a minute. Default: what its answers tell.')

const credential = z
  .strictObject({
    name: z
      .string({ error: ({ input }) => (input === undefined ? 'is required: a name such as main' : undefined) })
      .regex(namePattern, nameRule)
      .describe('Names the credential in telemetry and tells it from its siblings.'),
    weight: weight.exactOptional(),
    apiKey: secretText.exactOptional().describe('A secret. Read back as "…" and its last four characters.'),
    aws: aws.exactOptional().describe("For bedrock. default: what the machine may do, as AWS's own tools find it."),
    gcp: gcp.exactOptional().describe("For vertex. default: what the machine may do, as Google's own tools find it."),
    azure: azure.exactOptional().describe('For azure. default: the identity that the platform gives to the machine.'),
    quota,
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

const written = z.strictObject({
  kind: z
    .literal([...providerKinds, ...wellKnownNames], { error: ({ input }) => kindMessage(input) })
    .describe("A name of a well-known server of OpenAI's API stands for kind: openai with its baseUrl."),
  baseUrl: z
    .string()
    .max(2_048, { abort: true })
    .superRefine((text, context) => {
      const problem = urlProblem(text) ?? endpointProblem(text) ?? baseUrlProblem(text)
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
    })
    .exactOptional()
    .describe(
      "openai: with its /v1, default https://api.openai.com/v1. Others: the origin. Default: the provider's own.",
    ),
  credentials: z
    .array(credential, { error: formAdvice(() => `is a list: write ${credentialsLine({})}`) })
    .max(credentialsMax)
    .exactOptional(),
  headers: headers.exactOptional().describe('Sent with every request. Stored readable: no secrets here.'),
  tls: z
    .strictObject({
      ca: certificate.exactOptional(),
      cert: certificate.exactOptional(),
      key: privateKey.exactOptional().describe('A secret.'),
    })
    .exactOptional(),
  allowPrivate: z.boolean().exactOptional().describe('Allows private addresses and plain http under strict egress.'),
  endpoints: z
    .array(z.literal([...endpointNames]))
    .min(1)
    .max(endpointNames.length)
    .exactOptional()
    .describe(
      'Of openai: the endpoints that the server has. Callers of others are translated to chat, else to responses, where they can be.',
    ),
  reasoningBack: z
    .literal([...reasoningBackForms])
    .exactOptional()
    .describe(
      'Of openai and azure: the member of a message in which the server wants the reasoning of earlier turns. Default: what is known of the host and of the model.',
    ),
  systemFirst: z
    .boolean()
    .exactOptional()
    .describe(
      'Of openai: whether system messages become one, before all others. Default: only of translated requests, at servers that are not known.',
    ),
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
  bareNames: z
    .union([z.boolean(), z.array(modelPath).max(bareNamesMax)])
    .exactOptional()
    .describe(
      'Which of its models are called without "provider/": false for none, a list for these. Default: those of the catalogue.',
    ),
  unpriced: z
    .literal(unpricedPolicies)
    .exactOptional()
    .describe('Requests whose cost cannot be known: refused, or allowed and flagged. Default: HEADGATE_UNPRICED.'),
  retryBudget: z
    .strictObject({
      percent: z.number().min(0).max(1_000).exactOptional(),
      perSecond: z.number().min(0).max(100_000).exactOptional(),
    })
    .exactOptional()
    .describe('Retries that it may get: for each hundred of its requests (default 20), and each second (default 20).'),
  quota,
  ...misplaced(['apiKey', 'api_key', 'apikey', 'key', 'token'], (around) => {
    return `a key belongs into credentials: write ${credentialsLine(around)}`
  }),
  ...misplaced(
    ['url', 'endpoint', 'api_base', 'apiBase', 'host'],
    () => 'the address of a provider is written baseUrl',
  ),
  ...misplaced(['type', 'provider'], () => 'what a provider is, is written kind'),
})

/** The form that is stored: a well-known name is its kind and base URL, and a base URL has one form. */
export const providerSchema = written.transform(storedProvider)

/** The line that holds a key as it should be. The key itself is not shown. */
function credentialsLine({ kind }: Around): string {
  const variable =
    typeof kind === 'string' && /^[a-z]+$/.test(kind) ? `${kind.toUpperCase()}_API_KEY` : 'PROVIDER_API_KEY'
  return `credentials: [{ name: main, apiKey: "\${${variable}}" }]`
}

function kindMessage(kind: unknown): string | undefined {
  if (typeof kind !== 'string') return undefined
  const names = [...providerKinds, ...wellKnownNames]
  const near = Object.hasOwn(otherNames, kind.toLowerCase()) ? otherNames[kind.toLowerCase()] : nearest(kind, names)
  if (near !== undefined) return `there is no kind ${quote(kind)}; did you mean "${near}"?`
  return `there is no kind ${quote(kind)}: write one of ${names.join(', ')}, or kind: openai with the baseUrl of a server that speaks OpenAI's API`
}

function headerValue() {
  return z
    .string()
    .max(4_096)
    .refine((text) => /^[\x20-\x7e]*$/.test(text), 'expected visible ASCII')
}
