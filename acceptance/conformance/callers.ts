// How each caller asks, with the SDK that its makers wrote, and what it makes of the answer.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { Inbound } from './kinds.ts'
import type { Body, Said } from './wires.ts'

export interface Told extends Said {
  readonly usage: readonly [input: number, output: number] | undefined
  readonly dropped: string | null
  /** As it came, for OpenAI's description of it. */
  readonly raw: Body
}

export interface Wish {
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
  /** A parameter that not everybody takes: its name, and a value that is seen nowhere else. */
  readonly odd: { readonly name: string; readonly value: unknown; readonly mark: string }
}

const question = 'Is it sunny in Lisbon?'
const openAiErrors = { badRequest: OpenAI.BadRequestError, rateLimit: OpenAI.RateLimitError }

export function callersOf(
  base: string,
  secret: string,
): Record<Exclude<Inbound, 'embeddings'>, Caller> & { readonly openai: OpenAI } {
  const openai = new OpenAI({ apiKey: secret, baseURL: `${base}/v1`, maxRetries: 0 })
  const anthropic = new Anthropic({ apiKey: secret, baseURL: base, maxRetries: 0 })
  return {
    openai,
    chat: {
      schema: 'CreateChatCompletionResponse',
      errors: openAiErrors,
      odd: { name: 'logit_bias', value: { 50256: -77 }, mark: '-77' },
      ask: (model, wish) => chat(openai, model, wish),
    },
    completions: {
      schema: 'CreateCompletionResponse',
      errors: openAiErrors,
      odd: { name: 'logit_bias', value: { 50256: -77 }, mark: '-77' },
      ask: (model, wish) => complete(openai, model, wish),
    },
    responses: {
      schema: 'Response',
      errors: openAiErrors,
      odd: { name: 'safety_identifier', value: 'user-7781', mark: 'user-7781' },
      ask: (model, wish) => respond(openai, model, wish),
    },
    messages: {
      schema: undefined,
      errors: { badRequest: Anthropic.BadRequestError, rateLimit: Anthropic.RateLimitError },
      odd: { name: 'top_k', value: 37, mark: '37' },
      ask: (model, wish) => message(anthropic, model, wish),
    },
  }
}

async function chat(client: OpenAI, model: string, { stream, tool, result, image, schema, odd }: Wish): Promise<Told> {
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
    ...{ model, messages, ...odd },
    ...(tool ? { tools: [{ type: 'function', function: { name: tool.name, parameters: tool.schema } }] } : {}),
    ...(schema ? { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } } } : {}),
  }
  if (stream) {
    const whole = await client.chat.completions
      .stream({ ...body, stream_options: { include_usage: true } })
      .finalChatCompletion()
    return toldByChat(whole, null)
  }
  const { data, response } = await client.chat.completions.create(body).withResponse()
  return toldByChat(data, response)
}

function toldByChat(raw: Body, response: Response | null): Told {
  const { message } = raw.choices[0]
  return {
    text: message.content ?? '',
    calls: (message.tool_calls ?? []).map(({ function: { name, arguments: args } }: Body) => ({
      ...{ name, args: JSON.parse(args || '{}') },
    })),
    usage: raw.usage && [raw.usage.prompt_tokens, raw.usage.completion_tokens],
    dropped: response?.headers.get('x-headgate-dropped-params') ?? null,
    raw,
  }
}

async function complete(client: OpenAI, model: string, { stream, odd }: Wish): Promise<Told> {
  const body: Body = { model, prompt: question, max_tokens: 100, ...odd }
  if (stream) {
    let text = ''
    for await (const chunk of (await client.completions.create({
      ...body,
      stream: true,
    })) as unknown as AsyncIterable<Body>)
      text += chunk.choices[0]?.text ?? ''
    return { text, calls: [], usage: undefined, dropped: null, raw: undefined }
  }
  const { data, response } = await client.completions.create(body).withResponse()
  const { choices, usage } = data as Body
  return {
    ...{ text: choices[0].text, calls: [], raw: data },
    usage: usage && [usage.prompt_tokens, usage.completion_tokens],
    dropped: response.headers.get('x-headgate-dropped-params'),
  }
}

async function respond(client: OpenAI, model: string, wish: Wish): Promise<Told> {
  const { stream, tool, result, image, schema, odd } = wish
  const content = [
    { type: 'input_text', text: question },
    ...(image ? [{ type: 'input_image', image_url: `data:image/png;base64,${image}`, detail: 'auto' }] : []),
  ]
  const called = result && [
    { type: 'function_call', call_id: 'call_0', name: result.name, arguments: JSON.stringify(result.args) },
    { type: 'function_call_output', call_id: 'call_0', output: result.text },
  ]
  const body: Body = {
    ...{ model, instructions: 'Be brief.', store: false, ...odd },
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
    ...{ text, raw },
    calls: calls.map(({ name, arguments: args }: Body) => ({ name, args: JSON.parse(args || '{}') })),
    usage: raw.usage && [raw.usage.input_tokens, raw.usage.output_tokens],
    dropped: response?.headers.get('x-headgate-dropped-params') ?? null,
  }
}

async function message(client: Anthropic, model: string, wish: Wish): Promise<Told> {
  const { stream, tool, result, image, schema, odd } = wish
  const content = [
    { type: 'text', text: question },
    ...(image ? [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } }] : []),
  ]
  const called = result && [
    { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_0', name: result.name, input: result.args }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_0', content: result.text }] },
  ]
  const body: Body = {
    ...{ model, max_tokens: 1_000, system: 'Be brief.', ...odd },
    messages: [{ role: 'user', content }, ...(called ?? [])],
    ...(tool ? { tools: [{ name: tool.name, input_schema: tool.schema }] } : {}),
    ...(schema ? { output_config: { format: { type: 'json_schema', schema } } } : {}),
  }
  if (stream) return toldByMessage(await client.messages.stream(body).finalMessage(), null)
  const { data, response } = await client.messages.create(body).withResponse()
  return toldByMessage(data, response)
}

function toldByMessage(raw: Body, response: Response | null): Told {
  return {
    text: raw.content.map(({ type, text }: Body) => (type === 'text' ? text : '')).join(''),
    calls: raw.content
      .filter(({ type }: Body) => type === 'tool_use')
      .map(({ name, input }: Body) => ({ name, args: input })),
    usage: [raw.usage.input_tokens, raw.usage.output_tokens],
    dropped: response?.headers.get('x-headgate-dropped-params') ?? null,
    raw,
  }
}
