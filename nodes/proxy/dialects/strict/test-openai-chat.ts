// The published limits of OpenAI's chat completions. Sources: `ChatCompletionCreateParams` of the SDK openai (`stop`: up to 4;
// `n`: 128 in OpenAI's API description; penalties, `logit_bias`), and, where marked, words of errors that are publicly known.
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

interface Message {
  readonly role: string
  readonly content?: string | null | readonly { type: string; text?: string }[]
  readonly name?: string
  readonly tool_call_id?: string
  readonly refusal?: string
  readonly tool_calls?: readonly {
    id: string
    type: string
    function?: { name: string; arguments: string }
    custom?: { name: string }
  }[]
}

export function chatViolations({ body, model }: SentRequest): readonly string[] {
  const found = new Violations()
  checkCommon(body, found)
  checkModel(body, model, body.reasoning_effort, found)
  found.must(body.max_tokens === undefined || body.max_completion_tokens === undefined, 'one limit of tokens')
  found.whole(body.max_tokens, 1, 'max_tokens')
  found.whole(body.max_completion_tokens, 1, 'max_completion_tokens')
  found.within(body.frequency_penalty, -2, 2, 'frequency_penalty')
  found.within(body.presence_penalty, -2, 2, 'presence_penalty')
  found.within(body.n, 1, 128, 'n')
  found.must((body.stop?.length ?? 0) <= 4, 'at most four stop sequences')
  found.must(body.top_logprobs === undefined || body.logprobs === true, 'top_logprobs beside logprobs')
  found.oneOf(body.verbosity, ['low', 'medium', 'high'], 'verbosity')
  checkTools(body, found)
  const format = body.response_format
  if (format?.type === 'json_schema') checkSchemaFormat(format.json_schema, found)
  if (format?.type === 'json_object') checkJsonWord(body.messages, found)
  checkMessages(body.messages, found)
  return found.list
}

function checkTools({ tools, tool_choice, parallel_tool_calls }: SentRequest['body'], found: Violations): void {
  if (tools === undefined) {
    // publicly known: "'tool_choice' is only allowed when 'tools' are specified", and the same of parallel_tool_calls
    found.must(tool_choice === undefined, 'tool_choice has tools')
    return found.must(parallel_tool_calls === undefined, 'parallel_tool_calls has tools')
  }
  const names: string[] = []
  for (const tool of tools) {
    const one = tool[tool.type]
    names.push(one.name)
    found.matches(one.name, openAiName, 'name of a tool')
    checkParameters(one.parameters, found)
    if (one.strict === true) checkStrictSchema(one.parameters, found)
  }
  found.distinct(names, 'names of tools')
  const chosen = tool_choice?.function?.name ?? tool_choice?.custom?.name
  if (chosen !== undefined) found.oneOf(chosen, names, 'the chosen tool')
  for (const one of tool_choice?.allowed_tools?.tools ?? []) found.oneOf(one[one.type].name, names, 'an allowed tool')
}

function checkMessages(messages: readonly Message[], found: Violations): void {
  // publicly known: "Invalid 'messages': empty array"
  found.must(messages.length > 0, 'messages are not empty')
  let open = new Set<string>()
  for (const message of messages) {
    if (message.role === 'tool') {
      // publicly known: "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'"
      found.must(open.delete(message.tool_call_id ?? ''), `the result ${message.tool_call_id} follows its call`)
    } else {
      // publicly known: "An assistant message with 'tool_calls' must be followed by tool messages"
      found.must(open.size === 0, `the calls ${[...open]} have results directly behind them`)
      open = new Set(message.tool_calls?.map(({ id }) => id))
    }
    checkMessage(message, found)
  }
  found.must(open.size === 0, `the calls ${[...open]} have results`)
}

function checkMessage({ role, content, name, tool_calls = [], refusal }: Message, found: Violations): void {
  found.oneOf(role, ['system', 'developer', 'user', 'assistant', 'tool'], 'role')
  // publicly known: "string does not match pattern. Expected a string that matches the pattern '^[^\s<|\\/>]+$'"
  if (name !== undefined) found.matches(name, /^[^\s<|\\/>]{1,64}$/, 'name of a message')
  const says = role === 'assistant' && (tool_calls.length > 0 || refusal !== undefined)
  found.must(says || (content !== null && content !== undefined), 'a message has content')
  if (Array.isArray(content)) found.must(content.length > 0, 'content is not empty')
  found.distinct(
    tool_calls.map(({ id }) => id),
    'ids of calls',
  )
  for (const call of tool_calls) {
    // publicly known: "Invalid 'messages[1].tool_calls[0].id': string too long. Expected a string with maximum length 40"
    found.must(call.id.length >= 1 && call.id.length <= 40, `id of a call: ${call.id}`)
    found.matches(call.function?.name ?? call.custom?.name, openAiName, 'name of a call')
  }
}
