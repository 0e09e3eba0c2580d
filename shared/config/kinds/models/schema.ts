import { z } from 'zod'
import { unpricedPolicies } from '../../../models/unpriced-policy.ts'
import {
  type Around,
  duration,
  formAdvice,
  later,
  misplaced,
  resourceName,
  upstreamModel,
  weight,
  words,
} from '../schema-fields.ts'
import { baseModelProblem } from './base-model.ts'
import { priceSchema, unitPriceSchema } from './price-schema.ts'
import type { RetryCondition } from './spec.ts'

const targetsMax = 64
const fallbacksMax = 16
const retriesMax = 10
const timeoutMsMax = 86_400_000 // a timer above 2^31 ms fires at once

const targetFields = {
  provider: resourceName,
  model: upstreamModel,
  weight: weight.exactOptional(),
  price: priceSchema
    .exactOptional()
    .describe(
      'USD per million tokens, and by the call. Default: the list price of the model catalogue, where it has one.',
    ),
  unitPrice: unitPriceSchema
    .exactOptional()
    .describe('USD for what an answer is charged by where it tells no tokens. Default: the list price.'),
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
  endpoint: z
    .literal(['chat', 'responses'])
    .exactOptional()
    .describe(
      'Of openai and azure. responses: the model has the Responses API alone. chat: it has chat completions too. Default: by the model catalogue.',
    ),
  region: later('a target region is'),
}

const target = z.strictObject(targetFields, { error: formAdvice(targetAdvice) })

// YAML reads a bare 429 as a number; both forms mean the same.
const retryCondition = z
  .literal(['429', '5xx', 'timeout', 'connect', '408', '409', 429, 408, 409])
  .transform((condition) => String(condition) as RetryCondition)

export const modelSchema = z.strictObject({
  targets: z
    .array(target, { error: formAdvice(() => `is a list: write ${targetsLine({})}`) })
    .min(1)
    .max(targetsMax),
  routing: words<'weighted' | 'priority' | 'latency' | 'cost', 'weighted' | 'priority' | 'latency'>(
    ['weighted', 'priority', 'latency', 'cost'],
    ['weighted', 'priority', 'latency'],
    (word) => `${word} routing is`,
  ).exactOptional(),
  fallbacks: z.array(resourceName).max(fallbacksMax).exactOptional().describe('Models to try next, in this order.'),
  strict: z
    .boolean()
    .exactOptional()
    .describe('Refuses parameters that a target cannot take, instead of dropping and naming them. Default false.'),
  unpriced: z
    .literal(unpricedPolicies)
    .exactOptional()
    .describe('Requests whose cost cannot be known: refused, or allowed and flagged. Default: as the provider.'),
  retries: z
    .strictObject(
      {
        attempts: z.int().nonnegative().max(retriesMax).exactOptional().describe('Extra attempts. Default 1.'),
        on: z.array(retryCondition).max(16).exactOptional(),
      },
      {
        error: formAdvice((input) => (typeof input === 'number' ? `write retries: { attempts: ${input} }` : undefined)),
      },
    )
    .exactOptional(),
  timeouts: z
    .strictObject(
      {
        connect: timeout().describe('Default 2s.'),
        firstToken: timeout().describe('Default 60s.'),
        idle: timeout().describe('Default 60s.'),
        total: timeout().describe('Default 10m.'),
        queue: duration(0, timeoutMsMax, '24h')
          .exactOptional()
          .describe('The wait for the quota of a provider; 0s: none. Default 5s.'),
      },
      { error: formAdvice(timeoutsAdvice) },
    )
    .exactOptional(),
  hedge: later('hedging is'),
  affinity: later('affinity is'),
  ...misplaced(['provider', 'model'], (around) => `belongs into targets: write ${targetsLine(around)}`),
  ...misplaced(['timeout'], ({ timeout }) => timeoutsAdvice(timeout)),
})

function targetsLine({ provider, model }: Around): string {
  return `targets: [{ provider: ${wordOr('openai', provider)}, model: ${wordOr('gpt-4o-mini', model)} }]`
}

function targetAdvice(input: unknown): string | undefined {
  const [, provider, model] = /^([\w.-]+)\/([\w./:-]+)$/.exec(typeof input === 'string' ? input : '') ?? []
  return provider === undefined ? undefined : `write { provider: ${provider}, model: ${model} }`
}

function timeoutsAdvice(input: unknown): string {
  const total = typeof input === 'number' ? `${input}s` : wordOr('30s', input)
  return `write timeouts: { total: ${total} }`
}

/** The value if it is a short plain word, else the other text: advice repeats nothing longer. */
function wordOr(otherwise: string, value: unknown): string {
  return typeof value === 'string' && /^[\w./:-]{1,64}$/.test(value) ? value : otherwise
}

function timeout() {
  return duration(1, timeoutMsMax, '24h').exactOptional()
}
