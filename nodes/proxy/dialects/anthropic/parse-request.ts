// Anthropic Messages: parses the request of a caller.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type {
  ChatRequest,
  Message,
  Parameter,
  ReasoningWish,
  RequestParameters,
} from '../../../../shared/chat/request.ts'
import type { ResponseFormat } from '../../../../shared/chat/tools.ts'
import type { Result } from '../../../../shared/result.ts'
import { absent, BodyReader, isObject, unread } from '../common/body-reader.ts'
import type { BadRequest } from '../dialect.ts'
import { readEffort } from '../openai/effort.ts'
import { unknownInMessages } from './known-members.ts'
import { readAssistantContent, readSystem, readUserContent } from './parse-content.ts'
import { displays } from './thinking.ts'
import { readAnthropicTools, readChoice } from './tools.ts'

export const anthropicParameterNames: Readonly<Partial<Record<Parameter, string>>> = {
  maxOutputTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  user: 'metadata.user_id',
  serviceTier: 'service_tier',
  reasoning: 'thinking',
  parallelToolCalls: 'tool_choice.disable_parallel_tool_use',
}

const readMembers: ReadonlySet<string> = new Set([
  ...['model', 'models', 'messages', 'system', 'max_tokens', 'stream', 'temperature', 'top_p', 'top_k'],
  ...[
    'stop_sequences',
    'metadata',
    'service_tier',
    'thinking',
    'output_config',
    'output_format',
    'tools',
    'tool_choice',
  ],
])

export function readAnthropicRequest(body: JsonObject): Result<ChatRequest, BadRequest> {
  const reader = new BodyReader()
  const { type: choice, parallel } = readChoice(reader, body['tool_choice'])
  const request: ChatRequest = {
    dialect: 'anthropic',
    model: reader.maybeText(body['model'], 'model') ?? '',
    messages: [...readSystem(reader, body['system'], 'system'), ...readMessages(reader, body['messages'])],
    tools: readAnthropicTools(reader, body['tools']),
    toolChoice: choice,
    responseFormat: readFormat(reader, body),
    stream: body['stream'] === true,
    parameters: readParameters(reader, body, parallel),
    extras: unread(body, readMembers),
    unknown: unknownInMessages(body),
  }
  return reader.result(request)
}

function readMessages(reader: BodyReader, value: Json): Message[] {
  return reader.list(value, 'messages').flatMap((item, i): Message[] => {
    const path = `messages[${i}]`
    const { role, content } = reader.object(item, path)
    switch (role) {
      case 'user':
        return [{ role, parts: readUserContent(reader, content, `${path}.content`) }]
      case 'assistant':
        return [{ role, parts: readAssistantContent(reader, content, `${path}.content`) }]
      case 'system':
        return readSystem(reader, content, `${path}.content`)
      default:
        reader.wrong(`${path}.role`, 'must be user or assistant')
        return []
    }
  })
}

function readParameters(reader: BodyReader, body: JsonObject, parallel: boolean | undefined): RequestParameters {
  const number = (name: string) => reader.maybeNumber(body[name], name)
  const stops = reader.maybeList(body['stop_sequences'], 'stop_sequences')
  const metadata = reader.maybeObject(body['metadata'], 'metadata')
  return {
    maxOutputTokens: number('max_tokens') ?? missing(reader, 'max_tokens'),
    temperature: number('temperature'),
    topP: number('top_p'),
    topK: number('top_k'),
    stop: stops.length === 0 ? undefined : stops.map((stop, i) => reader.text(stop, `stop_sequences[${i}]`)),
    user: reader.maybeText(metadata?.['user_id'], 'metadata.user_id'),
    serviceTier: reader.maybeText(body['service_tier'], 'service_tier'),
    reasoning: readThinking(reader, body),
    parallelToolCalls: parallel,
  }
}

function missing(reader: BodyReader, path: string): undefined {
  reader.wrong(path, 'is missing')
  return undefined
}

function readThinking(reader: BodyReader, body: JsonObject): ReasoningWish | undefined {
  const thinking = reader.maybeObject(body['thinking'], 'thinking')
  const config = reader.maybeObject(body['output_config'], 'output_config')
  const effort = readEffort(reader, config?.['effort'], 'output_config.effort')
  const display = reader.maybeText(thinking?.['display'], 'thinking.display')
  const summary = display === undefined ? undefined : displays[display]
  switch (thinking?.['type'] || undefined) {
    case undefined:
      return effort === undefined ? undefined : { effort, member: 'output_config.effort' }
    case 'disabled':
      return { effort: 'none' }
    case 'adaptive':
      return { effort, adaptive: true, summary, member: effort === undefined ? undefined : 'output_config.effort' }
    case 'enabled': {
      const budgetTokens = reader.maybeNumber(thinking?.['budget_tokens'], 'thinking.budget_tokens')
      if (budgetTokens === undefined) reader.wrong('thinking.budget_tokens', 'is missing')
      return { budgetTokens, effort, summary }
    }
    default:
      reader.wrong('thinking.type', 'must be enabled, disabled or adaptive')
      return undefined
  }
}

/** The format is `output_config.format`, or `output_format`, which is its older name. */
function readFormat(reader: BodyReader, body: JsonObject): ResponseFormat | undefined {
  const config = body['output_config']
  const format = (isObject(config) ? config['format'] : undefined) ?? body['output_format']
  if (absent(format)) return undefined
  const value = reader.object(format, 'output_config.format')
  if (value['type'] !== 'json_schema') reader.wrong('output_config.format.type', 'must be json_schema')
  const schema = reader.object(value['schema'], 'output_config.format.schema')
  return { type: 'json-schema', name: 'answer', schema, strict: true }
}
