// How each caller asks, with the SDK that its makers wrote, and what it makes of the answer.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { geminiCaller } from './gemini-caller.ts'
import type { Inbound } from './kinds.ts'
import type { Body, Said } from './wires.ts'

export interface Told extends Said {
  /** All of the input, cached or not, and all of the output, thoughts within. */
  readonly usage: readonly [input: number, output: number] | undefined
  readonly thoughts: string
  /** Ids of the tool calls; undefined where the API has none. */
  readonly ids: readonly string[] | undefined
  readonly dropped: string | null
  /** The answer as it came, to be checked against OpenAI's schema. */
  readonly raw: Body
}

export interface Wish {
  readonly question: string
  readonly stream?: boolean
  readonly tool?: { readonly name: string; readonly schema: Body }
  /** A call that was made before, and its result. */
  readonly result?: { readonly name: string; readonly args: object; readonly text: string }
  /** A PNG in base64. */
  readonly image?: string
  readonly schema?: Body
  /** A parameter that not everybody takes. */
  readonly odd?: object
}

export interface Caller {
  /** The schema of its whole answers in OpenAI's description; undefined: it is not OpenAI's. */
  readonly schema: string | undefined
  ask(model: string, wish: Wish): Promise<Told>
  /** The class of error that the SDK throws. */
  readonly errors: { readonly badRequest: unknown; readonly rateLimit: unknown }
  /** Whether they carry the headers of the answer. */
  readonly seesHeadersOfErrors: boolean
  /**
   * A parameter that not everybody takes: its name in the SDK, the one it has on the wire where that differs, and a value
   * that is seen nowhere else.
   */
  readonly odd: { readonly name: string; readonly told?: string; readonly value: unknown; readonly mark: string }
}

const openAiErrors = {
  errors: { badRequest: OpenAI.BadRequestError, rateLimit: OpenAI.RateLimitError },
  seesHeadersOfErrors: true,
}

export function callersOf(
  base: string,
  secret: string,
): Record<Exclude<Inbound, 'embeddings'>, Caller> & { readonly openai: OpenAI; readonly anthropic: Anthropic } {
  const openai = new OpenAI({ apiKey: secret, baseURL: `${base}/v1`, maxRetries: 0 })
  const anthropic = new Anthropic({ apiKey: secret, baseURL: base, maxRetries: 0 })
  return {
    openai,
    anthropic,
    chat: {
      schema: 'CreateChatCompletionResponse',
      ...openAiErrors,
      odd: { name: 'logit_bias', value: { 50256: -77 }, mark: '-77' },
      ask: (model, wish) => chat(openai, model, wish),
    },
    completions: {
      schema: 'CreateCompletionResponse',
      ...openAiErrors,
      odd: { name: 'logit_bias', value: { 50256: -77 }, mark: '-77' },
      ask: (model, wish) => complete(openai, model, wish),
    },
    responses: {
      schema: 'Response',
      ...openAiErrors,
      odd: { name: 'safety_identifier', value: 'user-7781', mark: 'user-7781' },
      ask: (model, wish) => respond(openai, model, wish),
    },
    messages: {
      schema: undefined,
      errors: { badRequest: Anthropic.BadRequestError, rateLimit: Anthropic.RateLimitError },
      seesHeadersOfErrors: true,
      odd: { name: 'top_k', value: 37, mark: '37' },
      ask: (model, wish) => message(anthropic, model, wish),
    },
    generateContent: geminiCaller(base, secret),
  }
}

async function chat(client: OpenAI, model: string, wish: Wish): Promise<Told> {
  const { question, stream, tool, result, image, schema, odd } = wish
  const content = image
    ? [
        { type: 'text', text: question },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${image}` } },
      ]
    : question
  const called = result && {
    role: 'assistant',
    tool_calls: [
      { id: 'call_0', type: 'function', function: { name: result.name, arguments: JSON.stringify(result.args) } },
    ],
  }
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content },
    ...(result ? [called, { role: 'tool', tool_call_id: 'call_0', content: result.text }] : []),
  ]
  const body: Body = {
    model,
    messages,
    ...odd,
    ...(tool ? { tools: [{ type: 'function', function: { name: tool.name, parameters: tool.schema } }] } : {}),
    ...(schema ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } } : {}),
  }
  if (stream) {
    let thoughts = ''
    const whole = await client.chat.completions
      .stream({ ...body, stream_options: { include_usage: true } })
      // The SDK puts together what OpenAI has words for.
      .on('chunk', ({ choices }: Body) => {
        thoughts += choices[0]?.delta?.reasoning_content ?? ''
      })
      .finalChatCompletion()
    return { ...toldByChat(whole, null), thoughts }
  }
  const { data, response } = await client.chat.completions.create(body).withResponse()
  return toldByChat(data, response)
}

function toldByChat(raw: Body, response: Response | null): Told {
  const { message } = raw.choices[0]
  return {
    text: message.content ?? '',
    calls: (message.tool_calls ?? []).map(({ function: { name, arguments: args } }: Body) => ({
      name,
      args: JSON.parse(args || '{}'),
    })),
    ids: (message.tool_calls ?? []).map(({ id }: Body) => id),
    thoughts: message.reasoning_content ?? '',
    usage: raw.usage && [raw.usage.prompt_tokens, raw.usage.completion_tokens],
    dropped: response?.headers.get('x-headgate-dropped-params') ?? null,
    raw,
  }
}

async function complete(client: OpenAI, model: string, { question, stream, odd }: Wish): Promise<Told> {
  const body: Body = { model, prompt: question, max_tokens: 100, ...odd }
  if (stream) {
    let text = ''
    let counts: Body
    const asked: Body = { ...body, stream: true, stream_options: { include_usage: true } }
    for await (const chunk of (await client.completions.create(asked)) as unknown as AsyncIterable<Body>) {
      text += chunk.choices[0]?.text ?? ''
      counts = chunk.usage ?? counts
    }
    const usage = counts && ([counts.prompt_tokens, counts.completion_tokens] as const)
    return { text, thoughts: '', calls: [], ids: [], usage, dropped: null, raw: undefined }
  }
  const { data, response } = await client.completions.create(body).withResponse()
  const { choices, usage } = data as Body
  return {
    text: choices[0].text,
    thoughts: '',
    calls: [],
    ids: [],
    raw: data,
    usage: usage && [usage.prompt_tokens, usage.completion_tokens],
    dropped: response.headers.get('x-headgate-dropped-params'),
  }
}

async function respond(client: OpenAI, model: string, wish: Wish): Promise<Told> {
  const { question, stream, tool, result, image, schema, odd } = wish
  const content = [
    { type: 'input_text', text: question },
    ...(image ? [{ type: 'input_image', image_url: `data:image/png;base64,${image}`, detail: 'auto' }] : []),
  ]
  const called = result && [
    { type: 'function_call', call_id: 'call_0', name: result.name, arguments: JSON.stringify(result.args) },
    { type: 'function_call_output', call_id: 'call_0', output: result.text },
  ]
  const body: Body = {
    model,
    instructions: 'Be brief.',
    store: false,
    ...odd,
    input: [{ role: 'user', content }, ...(called ?? [])],
    ...(tool ? { tools: [{ type: 'function', name: tool.name, parameters: tool.schema, strict: false }] } : {}),
    ...(schema ? { text: { format: { type: 'json_schema', name: 'answer', schema } } } : {}),
  }
  if (stream) return toldByResponse(await client.responses.stream(body).finalResponse(), null)
  const { data, response } = await client.responses.create(body).withResponse()
  return toldByResponse(data, response)
}

function toldByResponse(data: Body, response: Response | null): Told {
  // The SDK adds what the API does not say.
  const { output_text: text, ...raw } = data
  const calls = raw.output.filter(({ type }: Body) => type === 'function_call')
  return {
    text,
    raw,
    calls: calls.map(({ name, arguments: args }: Body) => ({ name, args: JSON.parse(args || '{}') })),
    ids: calls.map(({ call_id }: Body) => call_id),
    thoughts: raw.output
      .flatMap(({ type, summary }: Body) => (type === 'reasoning' ? summary : []))
      .map(({ text }: Body) => text)
      .join(''),
    usage: raw.usage && [raw.usage.input_tokens, raw.usage.output_tokens],
    dropped: response?.headers.get('x-headgate-dropped-params') ?? null,
  }
}

async function message(client: Anthropic, model: string, wish: Wish): Promise<Told> {
  const { question, stream, tool, result, image, schema, odd } = wish
  const content = [
    { type: 'text', text: question },
    ...(image ? [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } }] : []),
  ]
  const called = result && [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_0', name: result.name, input: result.args }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_0', content: result.text }] },
  ]
  const body: Body = {
    model,
    max_tokens: 1_000,
    system: 'Be brief.',
    ...odd,
    messages: [{ role: 'user', content }, ...(called ?? [])],
    ...(tool ? { tools: [{ name: tool.name, input_schema: tool.schema }] } : {}),
    ...(schema ? { output_config: { format: { type: 'json_schema', schema } } } : {}),
  }
  if (stream) return toldByMessage(await client.messages.stream(body).finalMessage(), null)
  const { data, response } = await client.messages.create(body).withResponse()
  return toldByMessage(data, response)
}

function toldByMessage(raw: Body, response: Response | null): Told {
  const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = raw.usage
  const calls = raw.content.filter(({ type }: Body) => type === 'tool_use')
  return {
    text: raw.content.map(({ type, text }: Body) => (type === 'text' ? text : '')).join(''),
    calls: calls.map(({ name, input }: Body) => ({ name, args: input })),
    ids: calls.map(({ id }: Body) => id),
    thoughts: raw.content.map(({ thinking }: Body) => thinking ?? '').join(''),
    usage: [input_tokens + (cache_read_input_tokens ?? 0) + (cache_creation_input_tokens ?? 0), output_tokens],
    dropped: response?.headers.get('x-headgate-dropped-params') ?? null,
    raw,
  }
}
