// The published limits of Gemini's generateContent, at Google's API and on Vertex AI. Sources: the comments of @google/genai 3.3
// (`FunctionDeclaration.name`: 128; `GenerationConfig`; `FunctionCallingConfig.allowedFunctionNames`: mode ANY), Google's guides
// to thinking, thought signatures and function calling, Vertex AI's reference (temperature, penalties, five stop sequences, eight
// candidates), and, where marked, words of errors that are publicly known.
import { isBlankText, membersOf, type SentRequest, Violations } from './test-violations.ts'

interface Part {
  readonly text?: string
  readonly thought?: boolean
  readonly thoughtSignature?: string
  readonly functionCall?: { readonly name: string; readonly id?: string; readonly args: unknown }
  readonly functionResponse?: { readonly name: string; readonly id?: string; readonly response: unknown }
  readonly inlineData?: { readonly mimeType: string; readonly data: string }
  readonly fileData?: { readonly fileUri: string; readonly mimeType?: string }
}

interface Content {
  readonly role: string
  readonly parts: readonly Part[]
}

const namePattern = /^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/

export function geminiViolations({ body, model }: SentRequest): readonly string[] {
  const found = new Violations()
  checkConfig(body, model, found)
  checkTools(body, found)
  checkContents(body.contents, /gemini-[3-9]/.test(model), found)
  for (const part of body.systemInstruction?.parts ?? []) checkPart(part, found)
  return found.list
}

export function vertexGeminiViolations(sent: SentRequest): readonly string[] {
  const found = new Violations()
  // publicly known: 'Unknown name "id" at "contents[1].parts[0].function_call": Cannot find field.'
  for (const name of ['functionCall', 'functionResponse'])
    for (const one of membersOf(sent.body.contents, name))
      found.must((one as { id?: unknown }).id === undefined, 'no ids')
  return [...geminiViolations(sent), ...found.list]
}

function checkConfig({ generationConfig = {}, tools }: SentRequest['body'], model: string, found: Violations): void {
  const config = generationConfig
  found.within(config.temperature, 0, 2, 'temperature')
  found.within(config.topP, 0, 1, 'topP')
  found.whole(config.topK, 1, 'topK')
  found.whole(config.maxOutputTokens, 1, 'maxOutputTokens')
  found.within(config.candidateCount, 1, 8, 'candidateCount')
  found.within(config.frequencyPenalty, -2, 2, 'frequencyPenalty')
  found.within(config.presencePenalty, -2, 2, 'presencePenalty')
  found.within(config.seed, -(2 ** 31), 2 ** 31 - 1, 'seed')
  found.within(config.logprobs, 0, 20, 'logprobs')
  found.must(config.logprobs === undefined || config.responseLogprobs === true, 'logprobs beside responseLogprobs')
  found.must((config.stopSequences?.length ?? 0) <= 5, 'at most five stop sequences')
  for (const stop of config.stopSequences ?? []) found.must(stop.length > 0, 'no empty stop sequence')
  const schemas = [config.responseSchema, config.responseJsonSchema].filter((schema) => schema !== undefined)
  found.must(schemas.length <= 1, 'one schema')
  if (schemas.length > 0) found.must(config.responseMimeType === 'application/json', 'a schema has its type')
  // publicly known: "Function calling with a response mime type: 'application/json' is unsupported"
  if (tools !== undefined && !/gemini-[3-9]/.test(model))
    found.must(config.responseMimeType === undefined, 'no format beside tools')
  checkThinking(config.thinkingConfig, model, found)
}

/** Source: the table of budgets in the guide to thinking. */
function checkThinking(thinking: SentRequest['body'], model: string, found: Violations): void {
  if (thinking === undefined) return
  const { thinkingBudget: budget, thinkingLevel } = thinking
  found.must(!/gemini-[12]\.0|gemini-1/.test(model), 'the model thinks')
  if (/gemini-3/.test(model)) found.must(budget === undefined, 'a level in place of a budget')
  else found.must(thinkingLevel === undefined, 'a budget in place of a level')
  found.oneOf(
    thinkingLevel,
    /gemini-3-pro/.test(model) ? ['LOW', 'HIGH'] : ['MINIMAL', 'LOW', 'MEDIUM', 'HIGH'],
    'level',
  )
  if (budget === undefined || budget === -1) return
  if (/2\.5-pro/.test(model)) found.within(budget, 128, 32_768, 'budget')
  else found.within(budget, 0, 24_576, 'budget')
}

function checkTools({ tools, toolConfig }: SentRequest['body'], found: Violations): void {
  const functions = membersOf(tools, 'functionDeclarations').flat() as {
    name: string
    parameters?: { properties?: object }
  }[]
  const names = functions.map(({ name }) => name)
  for (const name of names) found.matches(name, namePattern, 'name of a tool')
  // publicly known: "Duplicate function declaration found"
  found.distinct(names, 'names of tools')
  // publicly known: "parameters.properties: should be non-empty for OBJECT type"
  for (const { parameters } of functions)
    found.must(
      parameters === undefined || Object.keys(parameters.properties ?? {}).length > 0,
      'parameters have members',
    )
  const calling = toolConfig?.functionCallingConfig
  if (calling === undefined) return
  found.must(names.length > 0, 'a choice has tools')
  const allowed = calling.allowedFunctionNames
  if (allowed !== undefined) found.oneOf(calling.mode, ['ANY', 'VALIDATED'], 'mode of allowed names')
  for (const name of allowed ?? []) found.oneOf(name, names, 'the chosen tool')
}

function checkContents(contents: readonly Content[], isThird: boolean, found: Violations): void {
  // publicly known: "contents is not specified"
  found.must(contents.length > 0, 'contents are not empty')
  for (const [i, { role, parts }] of contents.entries()) {
    found.oneOf(role, ['user', 'model'], 'role')
    // publicly known: "contents.parts must not be empty"
    found.must(parts.length > 0, 'parts are not empty')
    for (const part of parts) checkPart(part, found)
    const calls = parts.filter(({ functionCall }) => functionCall !== undefined)
    if (isThird && calls.length > 0)
      found.must(calls[0]?.thoughtSignature !== undefined, 'the first call of a turn has a signature')
    // publicly known: "function call turn comes immediately after a user turn or after a function response turn"
    if (calls.length > 0)
      found.must(role === 'model' && contents[i - 1]?.role === 'user', 'a user’s turn before a call')
    checkPairs(calls, contents[i + 1]?.parts ?? [], found)
    const hasResults = parts.some(({ functionResponse }) => functionResponse !== undefined)
    const before = contents[i - 1]?.parts ?? []
    if (hasResults)
      found.must(
        before.some(({ functionCall }) => functionCall !== undefined),
        'a result has its call before it',
      )
  }
}

/** publicly known: "the number of function response parts is equal to the number of function call parts of the function call
 *  turn" */
function checkPairs(calls: readonly Part[], next: readonly Part[], found: Violations): void {
  if (calls.length === 0) return
  const results = next.flatMap(({ functionResponse }) => functionResponse ?? [])
  found.must(results.length === calls.length, `${calls.length} calls have as many results: ${results.length}`)
  for (const [i, { functionCall }] of calls.entries())
    found.must(
      functionCall?.name === results[i]?.name && functionCall?.id === results[i]?.id,
      'results have the order of the calls',
    )
}

const kinds = ['text', 'functionCall', 'functionResponse', 'inlineData', 'fileData'] as const

function checkPart(part: Part, found: Violations): void {
  const { text, functionCall, functionResponse, inlineData, fileData } = part
  found.must(
    kinds.filter((kind) => part[kind] !== undefined).length === 1,
    `a part is of one kind: ${JSON.stringify(part)}`,
  )
  // publicly known: "Unable to submit request because it must have a text parameter"
  found.must(text !== '' || part.thoughtSignature !== undefined, 'no text is empty')
  const named = functionCall ?? functionResponse
  if (named !== undefined) found.matches(named.name, namePattern, 'name of a call')
  if (functionCall !== undefined) found.must(isObject(functionCall.args), 'arguments are an object')
  if (functionResponse !== undefined) found.must(isObject(functionResponse.response), 'a response is an object')
  if (inlineData !== undefined) found.must(!isBlankText(inlineData.mimeType), 'bytes have a type')
  if (fileData !== undefined) found.must(!isBlankText(fileData.fileUri), 'a link has an address')
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
