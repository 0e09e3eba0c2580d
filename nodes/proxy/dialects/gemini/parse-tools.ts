// Gemini's tools: parses functions and Google's hosted tools.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { Tool, ToolChoice } from '../../../../shared/chat/tools.ts'
import { type BodyReader, isObject } from '../common/body-reader.ts'
import { lastOfEach } from '../openai/tools.ts'
import { member } from './members.ts'
import { jsonSchemaOf } from './parse-schema.ts'

export function readGeminiTools(reader: BodyReader, tools: Json): Tool[] {
  const read = reader.maybeList(tools, 'tools').flatMap((value, i): Tool[] => {
    const path = `tools[${i}]`
    const tool = reader.object(value, path)
    const declared = reader.maybeList(member(tool, 'functionDeclarations'), `${path}.functionDeclarations`)
    const functions = declared.map((one, j) => readFunction(reader, one, `${path}.functionDeclarations[${j}]`))
    const hosted = Object.entries(tool).filter(([name]) => !/^function_?declarations$/i.test(name))
    const hostedTools = hosted.map(
      ([name, one]): Tool => ({ type: 'hosted', dialect: 'gemini', name, value: { [name]: one } }),
    )
    return [...functions, ...hostedTools]
  })
  return lastOfEach(read)
}

function readFunction(reader: BodyReader, value: Json, path: string): Tool {
  const declared = reader.object(value, path)
  const json = member(declared, 'parametersJsonSchema')
  const parameters = isObject(json) ? json : jsonSchemaOf(declared['parameters'])
  return {
    type: 'function',
    name: reader.text(declared['name'], `${path}.name`),
    description: reader.maybeText(declared['description'], `${path}.description`),
    parameters: isObject(parameters) ? parameters : undefined,
  }
}

export function readGeminiChoice(reader: BodyReader, value: Json): ToolChoice | undefined {
  const config = isObject(value) ? member(value, 'functionCallingConfig') : undefined
  if (!isObject(config)) return undefined
  const path = 'toolConfig.functionCallingConfig'
  const names = reader.maybeList(member(config, 'allowedFunctionNames'), `${path}.allowedFunctionNames`)
  const allowed = names.map((name, i) => reader.text(name, `${path}.allowedFunctionNames[${i}]`))
  return choiceOf(reader, config, allowed)
}

function choiceOf(reader: BodyReader, config: JsonObject, allowed: string[]): ToolChoice | undefined {
  const mode = String(config['mode'] || 'AUTO').toUpperCase()
  switch (mode) {
    case 'NONE':
      return { type: 'none' }
    case 'ANY':
      return forcedChoice(allowed)
    case 'AUTO':
    case 'VALIDATED':
    case 'MODE_UNSPECIFIED':
      return allowed.length === 0 ? { type: 'auto' } : { type: 'allowed', names: allowed, required: false }
    default:
      reader.wrong('toolConfig.functionCallingConfig.mode', 'must be AUTO, ANY, NONE or VALIDATED')
      return undefined
  }
}

function forcedChoice(allowed: readonly string[]): ToolChoice {
  const [first, ...others] = allowed
  if (first === undefined) return { type: 'required' }
  return others.length === 0 ? { type: 'tool', name: first } : { type: 'allowed', names: allowed, required: true }
}
