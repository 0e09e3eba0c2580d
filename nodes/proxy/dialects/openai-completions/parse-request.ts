// Legacy completions: parses the request of a caller. The prompt becomes a user message.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, RequestParameters } from '../../../../shared/chat/request.ts'
import type { Result } from '../../../../shared/result.ts'
import { absent, BodyReader, unread } from '../common/body-reader.ts'
import type { BadRequest } from '../dialect.ts'
import { readStop } from '../openai-chat/parse-request.ts'

export const completionsParameterNames = {
  maxOutputTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  seed: 'seed',
  logitBias: 'logit_bias',
  stop: 'stop',
  n: 'n',
  logprobs: 'logprobs',
  user: 'user',
} as const satisfies Partial<Record<Parameter, string>>

const readMembers: ReadonlySet<string> = new Set([
  ...Object.values(completionsParameterNames),
  ...['model', 'models', 'prompt', 'stream', 'stream_options', 'echo'],
])

export function readCompletionsRequest(body: JsonObject): Result<ChatRequest, BadRequest> {
  const reader = new BodyReader()
  const top = reader.maybeNumber(body['logprobs'], 'logprobs')
  reader.maybeFlag(body['echo'], 'echo')
  const request: ChatRequest = {
    dialect: 'openai-completions',
    model: reader.maybeText(body['model'], 'model') ?? '',
    messages: [{ role: 'user', parts: [{ type: 'text', text: readPrompt(reader, body['prompt']) }] }],
    tools: [],
    stream: body['stream'] === true,
    parameters: readParameters(reader, body, top),
    extras: unread(body, readMembers),
    echo: body,
  }
  return reader.result(request)
}

function readParameters(reader: BodyReader, body: JsonObject, top: number | undefined): RequestParameters {
  const number = (name: string) => reader.maybeNumber(body[name], name)
  return {
    maxOutputTokens: number('max_tokens'),
    temperature: number('temperature'),
    topP: number('top_p'),
    frequencyPenalty: number('frequency_penalty'),
    presencePenalty: number('presence_penalty'),
    seed: number('seed'),
    logitBias: reader.maybeObject(body['logit_bias'], 'logit_bias'),
    stop: readStop(reader, body['stop']),
    n: number('n'),
    logprobs: top === undefined ? undefined : { top },
    user: reader.maybeText(body['user'], 'user'),
  }
}

function readPrompt(reader: BodyReader, prompt: Json): string {
  if (typeof prompt === 'string') return prompt
  const [first, ...others] = reader.list(prompt, 'prompt')
  if (typeof first === 'string' && others.length === 0) return first
  reader.wrong('prompt', 'must be one text: this model is not a completion model')
  return ''
}

/** The prompt, if the caller wants it repeated in front of every answer (`echo`). */
export function echoedPrompt({ echo, messages }: ChatRequest): string {
  const part = messages[0]?.parts[0]
  return echo?.['echo'] === true && !absent(part) && part.type === 'text' ? part.text : ''
}
