// JSON Schema, made from the schemas that validate: for editors (headgate.yaml) and for OpenAPI. Fields that this version
// refuses are left out, so that an editor marks them before the gateway does.
import { z } from 'zod'
import { enforcedKinds } from './kinds/kind.ts'
import { misplacedField, notEnforced } from './kinds/schema-fields.ts'
import { specSchemas } from './kinds/schemas.ts'
import { namePattern } from './names.ts'

export type JsonSchema = Record<string, unknown>

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/** The schema of headgate.yaml and of the body of `POST /apply`. */
export function documentJsonSchema(): JsonSchema {
  const properties = enforcedKinds.map((kind) => {
    const byName = {
      propertyNames: { pattern: namePattern.source },
      additionalProperties: jsonSchemaOf(specSchemas[kind]),
    }
    return [kind, { type: ['object', 'null'], ...byName }]
  })
  return {
    $schema: dialect,
    title: 'headgate.yaml',
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  }
}

/** The JSON Schema of what may be written in this version; it has no `$schema`, so that it can be nested. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const properties = jsonSchema.properties as Record<string, JsonSchema> | undefined
      for (const [name, property] of Object.entries(properties ?? {})) {
        if (property[notEnforced] === true || property[misplacedField] === true) delete properties?.[name]
      }
    },
  })
  return made
}
