// The Responses API: parses the request of a caller.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type {
  ChatRequest,
  Message,
  Parameter,
  ReasoningWish,
  RequestParameters,
} from '../../../../shared/chat/request.ts'
import type { Result } from '../../../../shared/result.ts'
import { absent, BodyReader, isObject, unread } from '../common/body-reader.ts'
import { uncarriedIn } from '../common/carried-signatures.ts'
import type { BadRequest, PrintFacts, Repeated } from '../dialect.ts'
import { readEffort } from '../openai/effort.ts'
import { readFormat } from '../openai/tools.ts'
import { encryptedReasoning, logprobsOfText } from './includes.ts'
import { unknownInResponses } from './known-members.ts'
import { readInput } from './parse-input.ts'
import { readResponsesToolChoice, readResponsesTools } from './parse-tools.ts'

export const responsesParameterNames: Readonly<Partial<Record<Parameter, string>>> = {
  maxOutputTokens: 'max_output_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  logprobs: 'top_logprobs',
  reasoning: 'reasoning.effort',
  parallelToolCalls: 'parallel_tool_calls',
  verbosity: 'text.verbosity',
  user: 'user',
  safetyIdentifier: 'safety_identifier',
  metadata: 'metadata',
  serviceTier: 'service_tier',
  promptCacheKey: 'prompt_cache_key',
  promptCacheRetention: 'prompt_cache_retention',
}

const readMembers: ReadonlySet<string> = new Set([
  ...[
    'model',
    'models',
    'input',
    'instructions',
    'stream',
    'stream_options',
    'tools',
    'tool_choice',
    'text',
    'reasoning',
  ],
  ...['max_output_tokens', 'temperature', 'top_p', 'top_logprobs', 'parallel_tool_calls', 'user', 'safety_identifier'],
  ...['metadata', 'service_tier', 'prompt_cache_key', 'prompt_cache_retention', 'store', 'include'],
  ...['previous_response_id', 'background', 'truncation'],
])

/** `history`: the turns of the response that the request continues. Undefined without one. */
export function readResponsesRequest(body: JsonObject, history?: readonly Message[]): Result<ChatRequest, BadRequest> {
  const reader = new BodyReader()
  refuseState(reader, body, history !== undefined)
  const text = reader.maybeObject(body['text'], 'text')
  const { tools, groups } = readResponsesTools(reader, body)
  const extras = unread(body, readMembers)
  if (body['truncation'] === 'auto') extras['truncation'] = 'auto'
  const request: ChatRequest = {
    dialect: 'openai-responses',
    model: reader.maybeText(body['model'], 'model') ?? '',
    messages: [
      ...readInstructions(reader, body),
      ...uncarriedIn(readInput(reader, body['input'], { history, groups })),
    ],
    tools,
    toolChoice: readResponsesToolChoice(reader, body['tool_choice'], groups),
    groupedTools: groups.grouped,
    responseFormat: readFormat(reader, text?.['format'], 'text.format'),
    stream: body['stream'] === true,
    parameters: readParameters(reader, body, text),
    extras,
    unknown: unknownInResponses(body),
    echo: body,
  }
  return reader.result(request)
}

/** Refuses to continue a response that is not stored here, and to run in the background. */
function refuseState(reader: BodyReader, body: JsonObject, hasHistory: boolean): void {
  const { previous_response_id: previous, background } = body
  if (!absent(previous) && !hasHistory) {
    const message = 'names a response that is not kept here; send the whole conversation as `input`'
    reader.wrong('previous_response_id', message, 'previous_response_not_found')
  }
  if (background === true) reader.wrong('background', 'must be false: this model answers while you wait')
}

function readInstructions(reader: BodyReader, body: JsonObject): Message[] {
  const text = reader.maybeText(body['instructions'], 'instructions')
  return text === undefined || text === '' ? [] : [{ role: 'system', parts: [{ type: 'text', text }] }]
}

function readParameters(reader: BodyReader, body: JsonObject, text: JsonObject | undefined): RequestParameters {
  const number = (name: string) => reader.maybeNumber(body[name], name)
  const word = (name: string) => reader.maybeText(body[name], name)
  const include = reader.maybeList(body['include'], 'include')
  const top = number('top_logprobs')
  const wantsLogprobs = (top !== undefined && top > 0) || include.includes(logprobsOfText)
  return {
    maxOutputTokens: number('max_output_tokens'),
    temperature: number('temperature'),
    topP: number('top_p'),
    logprobs: wantsLogprobs ? { top } : undefined,
    reasoning: readReasoning(reader, body),
    parallelToolCalls: reader.maybeFlag(body['parallel_tool_calls'], 'parallel_tool_calls'),
    verbosity: reader.maybeText(text?.['verbosity'], 'text.verbosity'),
    user: word('user'),
    safetyIdentifier: word('safety_identifier'),
    metadata: reader.maybeObject(body['metadata'], 'metadata'),
    serviceTier: word('service_tier'),
    promptCacheKey: word('prompt_cache_key'),
    promptCacheRetention: word('prompt_cache_retention'),
  }
}

function readReasoning(reader: BodyReader, body: JsonObject): ReasoningWish | undefined {
  const reasoning = reader.maybeObject(body['reasoning'], 'reasoning')
  const effort = readEffort(reader, reasoning?.['effort'], 'reasoning.effort')
  // `summary` alone does not request reasoning.
  if (effort === undefined) return undefined
  return { effort, summary: reader.maybeText(reasoning?.['summary'], 'reasoning.summary') }
}

/** Whether the caller is told encrypted reasoning and signatures: when he asks for them, and when the answer is not stored
 *  here, since his next request is then all that can bring them back. */
export function tellsSeals({ asked, stored }: Pick<PrintFacts, 'asked' | 'stored'>): boolean {
  const include = asked.echo?.['include']
  return stored === undefined || (Array.isArray(include) && include.includes(encryptedReasoning))
}

/** Members that a response repeats, and the one that decides what it tells. */
const repeatedMembers = [
  ...['instructions', 'max_output_tokens', 'max_tool_calls', 'parallel_tool_calls', 'previous_response_id'],
  ...['prompt_cache_key', 'safety_identifier', 'temperature', 'text', 'tool_choice', 'tools', 'top_logprobs', 'top_p'],
  ...['truncation', 'user', 'metadata', 'include'],
]

export function repeatedInResponse({ echo }: ChatRequest): Repeated {
  if (echo === undefined) return {}
  const repeated: Record<string, Json> = {}
  for (const name of repeatedMembers) if (echo[name] !== undefined) repeated[name] = echo[name]
  return { echo: repeated }
}

export function echoOf({ echo }: Repeated, name: string): unknown {
  const value = echo?.[name]
  return value === undefined ? undefined : isObject(value) || !absent(value) ? value : undefined
}
