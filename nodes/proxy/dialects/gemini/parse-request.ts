// Gemini's generateContent: parses the request of a caller. The path holds the model and whether the answer streams.
import { answersMax, capMax, isCount } from '../../../../shared/chat/counts.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type {
  ChatRequest,
  Effort,
  Message,
  Parameter,
  ReasoningWish,
  RequestParameters,
} from '../../../../shared/chat/request.ts'
import type { ResponseFormat } from '../../../../shared/chat/tools.ts'
import type { Result } from '../../../../shared/result.ts'
import { absent, BodyReader, isObject } from '../common/body-reader.ts'
import type { BadRequest } from '../dialect.ts'
import { member, otherMembers, spelledTwice, unknownInContents } from './members.ts'
import { readGeminiContents, readGeminiText } from './parse-content.ts'
import { jsonSchemaOf } from './parse-schema.ts'
import { readGeminiChoice, readGeminiTools } from './parse-tools.ts'

export const geminiParameterNames: Readonly<Partial<Record<Parameter, string>>> = {
  maxOutputTokens: 'generationConfig.maxOutputTokens',
  temperature: 'generationConfig.temperature',
  topP: 'generationConfig.topP',
  topK: 'generationConfig.topK',
  frequencyPenalty: 'generationConfig.frequencyPenalty',
  presencePenalty: 'generationConfig.presencePenalty',
  seed: 'generationConfig.seed',
  stop: 'generationConfig.stopSequences',
  n: 'generationConfig.candidateCount',
  logprobs: 'generationConfig.responseLogprobs',
  reasoning: 'generationConfig.thinkingConfig',
  modalities: 'generationConfig.responseModalities',
}

const readNames = ['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'model']
const configNames = [
  ...['temperature', 'topP', 'topK', 'maxOutputTokens', 'candidateCount', 'stopSequences', 'presencePenalty'],
  ...['frequencyPenalty', 'seed', 'responseMimeType', 'responseSchema', 'responseJsonSchema', 'responseModalities'],
  ...['responseLogprobs', 'logprobs', 'thinkingConfig'],
]

export function readGeminiRequest(body: JsonObject, stream: boolean): Result<ChatRequest, BadRequest> {
  const reader = new BodyReader()
  const config = reader.maybeObject(member(body, 'generationConfig'), 'generationConfig') ?? {}
  const other = otherMembers(config, configNames)
  refuseTwice(reader, body, '')
  refuseTwice(reader, config, 'generationConfig.')
  const request: ChatRequest = {
    dialect: 'gemini',
    model: '',
    messages: [...readSystem(reader, body), ...readGeminiContents(reader, body['contents'])],
    tools: readGeminiTools(reader, body['tools']),
    toolChoice: readGeminiChoice(reader, member(body, 'toolConfig')),
    responseFormat: readFormat(reader, config),
    stream,
    parameters: readParameters(reader, config),
    extras: {
      ...otherMembers(body, readNames),
      ...Object.fromEntries(Object.entries(other).map(([name, value]) => [`generationConfig.${name}`, value])),
    },
    unknown: unknownInContents(body),
  }
  return reader.result(request)
}

/** The limits of a request would be those of one reader, and the answer that of another. */
function refuseTwice(reader: BodyReader, value: JsonObject, within: string): void {
  const name = spelledTwice(value)
  if (name !== undefined) reader.wrong(`${within}${name}`, 'stands here in both spellings. Send one')
}

function readSystem(reader: BodyReader, body: JsonObject): Message[] {
  const parts = readGeminiText(reader, member(body, 'systemInstruction'), 'systemInstruction')
  return parts.length === 0 ? [] : [{ role: 'system', parts }]
}

function readParameters(reader: BodyReader, config: JsonObject): RequestParameters {
  const path = (name: string) => `generationConfig.${name}`
  const number = (name: string) => reader.maybeNumber(member(config, name), path(name))
  const texts = (name: string) => {
    const list = reader.maybeList(member(config, name), path(name))
    return list.length === 0 ? undefined : list.map((one, i) => reader.text(one, `${path(name)}[${i}]`))
  }
  const count = (name: string, max: number) => {
    const amount = number(name)
    if (amount === undefined || isCount(amount, max)) return amount
    reader.wrong(
      path(name),
      max === capMax ? 'must be a whole number of tokens' : `must be a whole number up to ${max}`,
    )
    return undefined
  }
  return {
    maxOutputTokens: count('maxOutputTokens', capMax),
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    frequencyPenalty: number('frequencyPenalty'),
    presencePenalty: number('presencePenalty'),
    seed: number('seed'),
    stop: texts('stopSequences'),
    n: count('candidateCount', answersMax),
    logprobs: member(config, 'responseLogprobs') === true ? { top: count('logprobs', answersMax) } : undefined,
    reasoning: readThinking(reader, member(config, 'thinkingConfig')),
    modalities: texts('responseModalities')?.map((modality) => modality.toLowerCase()),
  }
}

const levels: Readonly<Record<string, Effort>> = { MINIMAL: 'minimal', LOW: 'low', MEDIUM: 'medium', HIGH: 'high' }

function readThinking(reader: BodyReader, value: Json): ReasoningWish | undefined {
  const path = 'generationConfig.thinkingConfig'
  const config = reader.maybeObject(value, path)
  if (config === undefined) return undefined
  const shown = reader.maybeFlag(member(config, 'includeThoughts'), `${path}.includeThoughts`)
  const summary = shown === undefined ? undefined : shown ? 'auto' : 'none'
  const budget = reader.maybeNumber(member(config, 'thinkingBudget'), `${path}.thinkingBudget`)
  const level = reader.maybeText(member(config, 'thinkingLevel'), `${path}.thinkingLevel`)
  const effort = level === undefined ? undefined : levels[level.toUpperCase()]
  if (level !== undefined && effort === undefined)
    reader.wrong(`${path}.thinkingLevel`, 'must be MINIMAL, LOW, MEDIUM or HIGH')
  if (effort !== undefined) return { effort, summary }
  if (budget === undefined) return shown === true ? { adaptive: true, summary } : undefined
  // A budget of -1 lets the model decide.
  return budget < 0 ? { adaptive: true, summary } : { budgetTokens: budget, summary }
}

function readFormat(reader: BodyReader, config: JsonObject): ResponseFormat | undefined {
  const type = reader.maybeText(member(config, 'responseMimeType'), 'generationConfig.responseMimeType')
  if (type === undefined || type === 'text/plain') return undefined
  if (type !== 'application/json') {
    reader.wrong('generationConfig.responseMimeType', 'must be text/plain or application/json')
    return undefined
  }
  const json = member(config, 'responseJsonSchema')
  const schema = isObject(json) ? json : jsonSchemaOf(member(config, 'responseSchema'))
  if (absent(schema)) return { type: 'json-object' }
  return { type: 'json-schema', name: 'answer', schema: schema as JsonObject }
}
