import { z } from 'zod'
import { baseUrlProblem } from '../../egress.ts'
import { isMask } from '../../sealed-secret.ts'
import { label, resourceName, secretText, weight } from '../schema-fields.ts'
import { headerProblem } from './header-problem.ts'
import { providerKinds } from './spec.ts'

const credentialsMax = 64
const bareNamesMax = 1_024
const headersMax = 32
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

const credential = z
  .strictObject({
    name: resourceName.describe('Names the credential in telemetry and tells it from its siblings.'),
    weight: weight.exactOptional(),
    apiKey: secretText.exactOptional().describe('A secret. Read back as "…" and its last four characters.'),
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

export const providerSchema = z.strictObject({
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
  credentials: z.array(credential).max(credentialsMax).exactOptional(),
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
  bareNames: z
    .union([z.boolean(), z.array(modelPath).max(bareNamesMax)])
    .exactOptional()
    .describe(
      'Which of its models are called without "provider/": false for none, a list for these. Default: those of the catalogue.',
    ),
})

function headerValue() {
  return z
    .string()
    .max(4_096)
    .refine((text) => /^[\x20-\x7e]*$/.test(text), 'expected visible ASCII')
}
