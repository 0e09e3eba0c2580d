// Arbitrary neutral requests: odd texts, names, ids and values, and conversations in which turns, calls and results stand anyhow.
import fc from 'fast-check'
import type { AssistantPart, MediaPart, TextPart, UserPart } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Message, RequestParameters } from '../../../../shared/chat/request.ts'
import type { ResponseFormat, Tool, ToolChoice } from '../../../../shared/chat/tools.ts'

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 })
const text = fc.oneof(
  fc.constantFrom('', ' ', '\n\t', 'Hello', 'ends in space ', '{"a":1}', '東京 🗼'),
  fc.string({ maxLength: 12 }),
)
const toolName = fc.constantFrom('f', 'get_weather', 'ns.get weather', '1st', 'mcp:über/tool', 'x'.repeat(90), '')
const callId = fc.constantFrom('call_1', 'call_2', 'call|3:é', 'c'.repeat(70), '')
const cache = fc.option(fc.constantFrom('5m' as const, '1h' as const), { nil: undefined, freq: 2 })
const png = 'iVBORw0KGgoAAAANSUhEUg=='

const textPart: fc.Arbitrary<TextPart> = fc.record({ type: fc.constant('text' as const), text, cache })
const media = fc.constantFrom<MediaPart['media']>(
  { from: 'bytes', base64: png, mediaType: 'image/png' },
  { from: 'bytes', base64: png, mediaType: 'image/jpg' },
  { from: 'url', url: 'https://example.com/a.png' },
)
const image = fc.record({ type: fc.constant('image' as const), media, cache })
const document = fc.record({
  type: fc.constant('file' as const),
  name: optional(fc.constantFrom('report.pdf', 'Report', 'a  b_c!.txt', '', 'n'.repeat(300))),
  citable: optional(fc.boolean()),
  media: fc.constantFrom<MediaPart['media']>(
    { from: 'bytes', base64: 'JVBERi0x', mediaType: 'application/pdf' },
    { from: 'text', text: 'said' },
    { from: 'text', text: ' ' },
  ),
})
const result = fc.record({
  type: fc.constant('tool-result' as const),
  callId,
  parts: fc.array(fc.oneof(textPart, image), { maxLength: 2 }),
  isError: optional(fc.boolean()),
  cache,
})
const sealed = fc
  .constantFrom('anthropic' as const, 'google' as const, 'openai' as const)
  .map((family) => ({ family, data: 'c2VhbA==' }))
const call = fc.record({
  type: fc.constant('tool-call' as const),
  id: callId,
  name: toolName,
  input: fc.constantFrom('{}', '', '{"a":1}', '[1]', '{"broken', 'free text'),
  form: fc.constantFrom('function' as const, 'custom' as const),
  signature: optional(sealed),
})
const thought = fc.record({
  type: fc.constant('reasoning' as const),
  text,
  signature: optional(sealed),
  encrypted: optional(sealed),
})
const refusal = fc.record({ type: fc.constant('refusal' as const), text })

const userPart: fc.Arbitrary<UserPart> = fc.oneof({ weight: 4, arbitrary: textPart }, image, document, result)
const assistantPart: fc.Arbitrary<AssistantPart> = fc.oneof({ weight: 3, arbitrary: textPart }, call, thought, refusal)
const system = fc.record({
  role: fc.constant('system' as const),
  parts: fc.array(textPart, { maxLength: 2 }),
  developer: optional(fc.boolean()),
})
const user = fc.record({
  role: fc.constant('user' as const),
  parts: fc.array(userPart, { maxLength: 3 }),
  name: optional(fc.constantFrom('ann', 'Ann Lee', '')),
})
const assistant = fc.record({
  role: fc.constant('assistant' as const),
  parts: fc.array(assistantPart, { maxLength: 3 }),
})

/** A turn that calls tools, and the results of the calls, sometimes with something in between or without one of them. */
const loop: fc.Arbitrary<Message[]> = fc
  .record({
    calls: fc.array(call, { minLength: 1, maxLength: 3 }),
    said: fc.array(assistantPart, { maxLength: 1 }),
    between: fc.option(fc.oneof(system, user, assistant), { freq: 2 }),
    last: fc.array(userPart, { maxLength: 1 }),
    turned: fc.boolean(),
  })
  .map(({ calls, said, between, last, turned }) => {
    const results = calls.map(
      ({ id }): UserPart => ({ type: 'tool-result', callId: id, parts: [{ type: 'text', text: 'ok' }] }),
    )
    const heard: Message = { role: 'user', parts: [...(turned ? results.reverse() : results), ...last] }
    return [{ role: 'assistant', parts: [...said, ...calls] }, ...(between === null ? [] : [between]), heard]
  })

export const arbitraryMessages: fc.Arbitrary<Message[]> = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: user.map((one): Message[] => [one]) },
      system.map((one): Message[] => [one]),
      assistant.map((one): Message[] => [one]),
      { weight: 3, arbitrary: loop },
    ),
    { maxLength: 5 },
  )
  .map((turns) => turns.flat())

const schema = fc.constantFrom(
  { type: 'object', properties: { a: { type: 'string', minLength: 1 } } },
  {
    type: 'object',
    properties: { a: { type: ['integer', 'null'], minimum: 0 } },
    required: ['a'],
    additionalProperties: false,
  },
  { type: 'object' },
  { anyOf: [{ type: 'object', properties: { a: { type: 'string' } } }, { type: 'object' }] },
  {},
)
const functionTool = fc.record({
  type: fc.constant('function' as const),
  name: toolName,
  description: optional(text),
  parameters: optional(schema),
  strict: optional(fc.boolean()),
  cache,
})
const customTool = fc.record({ type: fc.constant('custom' as const), name: toolName, description: optional(text) })
const tools: fc.Arbitrary<Tool[]> = fc.uniqueArray(fc.oneof({ weight: 3, arbitrary: functionTool }, customTool), {
  maxLength: 4,
  selector: ({ name }) => name,
})

function choiceOf(tools: readonly Tool[]): fc.Arbitrary<ToolChoice | undefined> {
  const plain = fc.constantFrom<(ToolChoice | undefined)[]>(
    undefined,
    { type: 'auto' },
    { type: 'none' },
    { type: 'required' },
  )
  if (tools.length === 0) return plain
  const names = tools.map(({ name }) => name)
  return fc.oneof(
    plain,
    fc.constantFrom(...names).map((name): ToolChoice => ({ type: 'tool', name })),
    fc
      .record({ names: fc.subarray(names, { minLength: 1 }), required: fc.boolean() })
      .map((one): ToolChoice => ({ type: 'allowed', ...one })),
  )
}

const format = fc.oneof(
  fc.constantFrom<ResponseFormat>({ type: 'text' }, { type: 'json-object' }),
  fc.record({
    type: fc.constant('json-schema' as const),
    name: fc.constantFrom('answer', 'my answer', 'ä'.repeat(80), ''),
    schema: schema.filter((one) => 'type' in one),
    strict: optional(fc.boolean()),
  }),
)

const number = (min: number, max: number) => optional(fc.double({ min, max, noNaN: true }))
const identifier = optional(fc.constantFrom('user-1', 'ann@example.com', '+49 151 1234567', 'u'.repeat(300)))
const parameters: fc.Arbitrary<RequestParameters> = fc.record({
  maxOutputTokens: optional(fc.constantFrom(1, 10, 1_024, 1_025, 2_000, 100_000)),
  temperature: number(-1, 3),
  topP: number(-0.5, 1.5),
  topK: optional(fc.constantFrom(-1, 0, 0.5, 1, 40, 1_000)),
  frequencyPenalty: number(-3, 3),
  presencePenalty: number(-3, 3),
  seed: optional(fc.constantFrom(-5, 0, 7, 2 ** 40)),
  stop: optional(fc.array(fc.constantFrom('', ' ', '\n', 'END', '###', 'a', 'b', 'c'), { minLength: 1, maxLength: 7 })),
  n: optional(fc.constantFrom(1, 2, 9, 200)),
  logprobs: optional(fc.record({ top: optional(fc.constantFrom(0, 5, 50)) })),
  reasoning: optional(
    fc.oneof(
      fc
        .constantFrom(
          'none' as const,
          'minimal' as const,
          'low' as const,
          'high' as const,
          'xhigh' as const,
          'max' as const,
        )
        .map((effort) => ({ effort })),
      fc.constantFrom(0, 1, 500, 5_000, 200_000).map((budgetTokens) => ({ budgetTokens })),
      fc.constant({ adaptive: true }),
    ),
  ),
  parallelToolCalls: optional(fc.boolean()),
  user: identifier,
  safetyIdentifier: identifier,
  promptCacheKey: identifier,
  metadata: optional(fc.constantFrom({ a: 'b' }, { ['k'.repeat(80)]: 'v' }, { k: 'v'.repeat(600) }, { n: 1 })),
  serviceTier: optional(fc.constantFrom('auto', 'default', 'flex', 'priority')),
})

export const arbitraryRequest: fc.Arbitrary<ChatRequest> = tools.chain((tools) =>
  fc
    .record({
      model: fc.constant('m'),
      messages: arbitraryMessages,
      tools: fc.constant(tools),
      toolChoice: choiceOf(tools),
      responseFormat: fc.option(format, { nil: undefined, freq: 2 }),
      stream: fc.boolean(),
      parameters,
      dialect: fc.constantFrom(
        'openai-chat' as const,
        'openai-responses' as const,
        'anthropic' as const,
        'gemini' as const,
      ),
      extras: fc.constant({}),
    })
    .map(withOwnTier),
)

/** Anthropic's callers have words of their own for tiers. */
function withOwnTier(request: ChatRequest): ChatRequest {
  const { dialect, parameters } = request
  if (dialect !== 'anthropic' || parameters.serviceTier === undefined) return request
  return { ...request, parameters: { ...parameters, serviceTier: 'standard_only' } }
}
