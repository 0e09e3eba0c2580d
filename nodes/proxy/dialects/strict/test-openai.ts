// What OpenAI's two APIs limit alike. Sources: the types and comments of the SDK openai (`FunctionDefinition.name`, `Metadata`,
// `safety_identifier`, `top_logprobs`, `ResponseFormatJSONSchema.JSONSchema.name`), OpenAI's guide to structured output, and, where
// marked, words of the APIs' errors that are publicly known.
import { membersOf, objectSchemas, type SentRequest, type Violations } from './test-violations.ts'

export const openAiName = /^[a-zA-Z0-9_-]{1,64}$/

export function checkCommon(body: SentRequest['body'], found: Violations): void {
  found.within(body.temperature, 0, 2, 'temperature')
  found.within(body.top_p, 0, 1, 'top_p')
  found.within(body.top_logprobs, 0, 20, 'top_logprobs')
  found.oneOf(body.service_tier, ['auto', 'default', 'flex', 'scale', 'priority'], 'service_tier')
  const pairs = Object.entries(body.metadata ?? {}) as [string, unknown][]
  found.must(pairs.length <= 16, 'metadata has at most 16 pairs')
  for (const [name, value] of pairs)
    found.must(name.length <= 64 && typeof value === 'string' && value.length <= 512, `metadata ${name} is short`)
  // publicly known: "Invalid 'user': string too long. Expected a string with maximum length 64", and the same of the key
  for (const member of ['user', 'prompt_cache_key']) found.must((body[member]?.length ?? 0) <= 64, `${member} is short`)
  found.must((body.safety_identifier?.length ?? 0) <= 128, 'safety_identifier is short')
}

interface Family {
  readonly name: RegExp
  readonly efforts: readonly string[]
  readonly samples: boolean
}

/** Source: the pages of the models, and the comment of `ReasoningEffort`. */
const families: readonly Family[] = [
  { name: /^gpt-4/, efforts: [], samples: true },
  { name: /^o3/, efforts: ['low', 'medium', 'high'], samples: false },
  { name: /^gpt-5$/, efforts: ['minimal', 'low', 'medium', 'high'], samples: false },
  { name: /^gpt-5\.1$/, efforts: ['none', 'low', 'medium', 'high'], samples: false },
]

const sampling = [
  'temperature',
  'top_p',
  'frequency_penalty',
  'presence_penalty',
  'logprobs',
  'top_logprobs',
  'logit_bias',
]

export function checkModel(body: SentRequest['body'], model: string, effort: unknown, found: Violations): void {
  const family = families.find(({ name }) => name.test(model))
  if (family === undefined) return
  found.oneOf(effort, family.efforts, 'effort')
  // publicly known: "Unsupported parameter: 'temperature' is not supported with this model."
  if (!family.samples) for (const name of [...sampling, 'stop']) found.must(body[name] === undefined, `no ${name}`)
}

/** `strict` wants closed objects, with all their members required. */
export function checkStrictSchema(schema: unknown, found: Violations): void {
  found.must((schema as { type?: unknown } | undefined)?.type === 'object', 'a strict schema is an object’s')
  for (const one of objectSchemas(schema)) {
    const {
      additionalProperties,
      required = [],
      properties = {},
    } = one as { required?: string[]; properties?: object } & typeof one
    found.must(additionalProperties === false, 'objects of a strict schema are closed')
    found.must(
      Object.keys(properties).every((name) => required.includes(name)),
      'a strict schema requires all members',
    )
  }
}

/** publicly known: "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level", "object schema
 *  missing properties" */
export function checkParameters(parameters: SentRequest['body'], found: Violations): void {
  if (parameters === undefined) return
  found.must(parameters.type === 'object' && parameters.properties !== undefined, 'parameters are an object’s')
  for (const word of ['oneOf', 'anyOf', 'allOf', 'enum', 'not'])
    found.must(parameters[word] === undefined, `parameters have no ${word} at the top`)
}

export function checkSchemaFormat(
  format: { name: unknown; schema: unknown; strict?: unknown },
  found: Violations,
): void {
  found.matches(format.name, openAiName, 'name of the format')
  if (format.strict === true) checkStrictSchema(format.schema, found)
}

/** publicly known: "must contain the word 'json' in some form, to use 'response_format' of type 'json_object'" */
export function checkJsonWord(messages: unknown, found: Violations): void {
  const texts = [...membersOf(messages, 'content'), ...membersOf(messages, 'text')]
  found.must(
    texts.some((text) => typeof text === 'string' && /json/i.test(text)),
    'the word JSON is said',
  )
}
