// OpenAI's own description of its API as a judge of answers. The document says 3.1 and is not quite: `nullable` is a word
// of 3.0, and `$recursiveRef` of an older JSON Schema; both are written here as JSON Schema 2020-12 has them.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** OpenAI's description of its API, beside the checkout. Not every machine has it. */
export const openApiFile = fileURLToPath(new URL('../../shared/data/openai-openapi/openapi.json', import.meta.url))

/** Lists the violations of the named schema in a value, one line each; empty when the value is valid. */
export type Judge = (schema: string, value: unknown) => string[]

/** Reads the schemas of OpenAI's description; undefined when the document is not on this machine. */
export function readOpenAiSchemas(): Judge | undefined {
  if (!existsSync(openApiFile)) return undefined
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  formats.default(ajv)
  for (const format of ['unixtime', 'binary']) ajv.addFormat(format, true)
  const { components } = asJsonSchema(JSON.parse(readFileSync(openApiFile, 'utf8'))) as { components: object }
  ajv.addSchema({ $id: 'openai', components })
  const compiled = new Map<string, ValidateFunction>()
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile({ $ref: `openai#/components/schemas/${schema}` })
    compiled.set(schema, validate)
    return validate(value) ? [] : (validate.errors ?? []).map(findingOf)
  }
}

function findingOf({ instancePath, message, params }: ErrorObject): string {
  return `${instancePath || '/'} ${message} ${JSON.stringify(params)}`
}

function asJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asJsonSchema)
  if (typeof node !== 'object' || node === null) return node
  const { nullable, $recursiveAnchor, $recursiveRef, ...rest } = node as Record<string, unknown>
  // One schema only refers to itself in this way.
  if ($recursiveRef !== undefined) return { $ref: '#/components/schemas/CompoundFilter' }
  const plain = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, asJsonSchema(value)]))
  return nullable === true ? { anyOf: [plain, { type: 'null' }] } : plain
}
