// The published limits of OpenAI's Responses API. Sources: `ResponseCreateParams` of the SDK openai, OpenAI's API description
// (`call_id`: 1 to 64 characters), and, where marked, words of errors that are publicly known.
import {
  checkCommon,
  checkJsonWord,
  checkModel,
  checkParameters,
  checkSchemaFormat,
  checkStrictSchema,
  openAiName,
} from './test-openai.ts'
import { type SentRequest, Violations } from './test-violations.ts'

interface Item {
  readonly type?: string
  readonly role?: string
  readonly content?: string | readonly unknown[]
  readonly call_id?: string
  readonly name?: string
}

export function responsesViolations({ body, model }: SentRequest): readonly string[] {
  const found = new Violations()
  checkCommon(body, found)
  checkModel(body, model, body.reasoning?.effort, found)
  // publicly known: "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16"
  found.whole(body.max_output_tokens, 16, 'max_output_tokens')
  found.oneOf(body.text?.verbosity, ['low', 'medium', 'high'], 'verbosity')
  found.oneOf(body.reasoning?.summary, ['auto', 'concise', 'detailed'], 'summary')
  checkTools(body, found)
  const format = body.text?.format
  if (format?.type === 'json_schema') checkSchemaFormat(format, found)
  if (format?.type === 'json_object') checkJsonWord(body.input, found)
  checkInput(body.input, found)
  return found.list
}

function checkTools({ tools, tool_choice }: SentRequest['body'], found: Violations): void {
  // publicly known: "Tool choice 'required' must be specified with 'tools' parameter."
  if (tools === undefined) return found.must(tool_choice === undefined, 'tool_choice has tools')
  const names = tools.map(({ name }: Item) => name)
  for (const { name, strict, parameters } of tools) {
    found.matches(name, openAiName, 'name of a tool')
    checkParameters(parameters, found)
    if (strict === true) checkStrictSchema(parameters, found)
  }
  found.distinct(names, 'names of tools')
  if (tool_choice?.name !== undefined) found.oneOf(tool_choice.name, names, 'the chosen tool')
  for (const { name } of tool_choice?.tools ?? []) found.oneOf(name, names, 'an allowed tool')
}

function checkInput(input: readonly Item[], found: Violations): void {
  found.must(input.length > 0, 'input is not empty')
  const open = new Set<string>()
  const ids: unknown[] = []
  for (const { type, role, content, call_id = '', name } of input) {
    if (role !== undefined) {
      found.oneOf(role, ['system', 'developer', 'user', 'assistant'], 'role')
      found.must(content !== undefined && (typeof content === 'string' || content.length > 0), 'content is not empty')
    }
    if (type === undefined || !/call/.test(type)) continue
    found.must(call_id.length >= 1 && call_id.length <= 64, `call_id: ${call_id}`)
    if (type.endsWith('_output')) {
      // publicly known: "No tool call found for function call output with call_id …"
      found.must(open.delete(call_id), `the result ${call_id} follows its call`)
    } else {
      found.matches(name, openAiName, 'name of a call')
      open.add(call_id)
      ids.push(call_id)
    }
  }
  // publicly known: "No tool output found for function call …"
  found.must(open.size === 0, `the calls ${[...open]} have results`)
  found.distinct(ids, 'ids of calls')
}
