// Client libraries as their own first examples use them, streamed: one answer, and one call of a tool with its result sent back.

import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import Anthropic from '@anthropic-ai/sdk'
import { type Content, GoogleGenAI } from '@google/genai'
import { AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { ChatOpenAI } from '@langchain/openai'
import { isStepCount, jsonSchema, streamText, tool } from 'ai'
import OpenAI from 'openai'
import { sunny } from './tool-upstream.ts'

export interface Library {
  readonly name: string
  text(model: string): Promise<string>
  /** Text of the answer that follows the tool's result. */
  tool(model: string): Promise<string>
}

const hello = 'Say something.'
const question = 'USETOOL What is the weather in Paris?'
const name = 'get_weather'
const description = 'Weather of a city'
const parameters = {
  type: 'object' as const,
  properties: { city: { type: 'string' as const } },
  required: ['city'],
  additionalProperties: false,
}

export function librariesAt(base: string, apiKey: string): readonly Library[] {
  const openai = new OpenAI({ apiKey, baseURL: `${base}/v1`, maxRetries: 0 })
  return [
    chat(openai),
    responses(openai),
    messages(new Anthropic({ apiKey, baseURL: base, maxRetries: 0 })),
    genai(new GoogleGenAI({ apiKey, httpOptions: { baseUrl: base } })),
    aiSdk(createOpenAICompatible({ name: 'headgate', baseURL: `${base}/v1`, apiKey })),
    langchain((model) => new ChatOpenAI({ model, apiKey, configuration: { baseURL: `${base}/v1` }, maxRetries: 0 })),
  ]
}

function chat(openai: OpenAI): Library {
  const { completions } = openai.chat
  const user = (content: string) => ({ role: 'user', content }) as const
  return {
    name: '`openai`, chat completions',
    async text(model) {
      const stream = completions.stream({ model, messages: [user(hello)] })
      return (await stream.finalContent()) ?? ''
    },
    async tool(model) {
      const run = async () => sunny
      const tools = [
        { type: 'function' as const, function: { name, description, parameters, parse: JSON.parse, function: run } },
      ]
      return (
        (await completions.runTools({ model, messages: [user(question)], tools, stream: true }).finalContent()) ?? ''
      )
    },
  }
}

function responses(openai: OpenAI): Library {
  const tools = [{ type: 'function' as const, name, description, parameters, strict: false }]
  return {
    name: '`openai`, Responses',
    async text(model) {
      return (await openai.responses.stream({ model, input: hello, store: false }).finalResponse()).output_text
    },
    async tool(model) {
      const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: question }]
      const first = await openai.responses.stream({ model, input, tools, store: false }).finalResponse()
      const call = first.output.find((item) => item.type === 'function_call')
      if (call === undefined) return 'no call'
      const result = { type: 'function_call_output' as const, call_id: call.call_id, output: sunny }
      const items = first.output as OpenAI.Responses.ResponseInputItem[]
      const next = { model, input: [...input, ...items, result], tools, store: false }
      return (await openai.responses.stream(next).finalResponse()).output_text
    },
  }
}

function messages(anthropic: Anthropic): Library {
  const ask = async (model: string, turns: Anthropic.MessageParam[], tools: Anthropic.Tool[] = []) =>
    anthropic.messages.stream({ model, max_tokens: 200, messages: turns, tools }).finalMessage()
  const textOf = ({ content }: Anthropic.Message) =>
    content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  return {
    name: '`@anthropic-ai/sdk`',
    async text(model) {
      return textOf(await ask(model, [{ role: 'user', content: hello }]))
    },
    async tool(model) {
      const tools = [{ name, description, input_schema: parameters }]
      const first: Anthropic.MessageParam = { role: 'user', content: question }
      const { content } = await ask(model, [first], tools)
      const call = content.find((block) => block.type === 'tool_use')
      if (call === undefined) return 'no call'
      const result: Anthropic.MessageParam = {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: call.id, content: sunny }],
      }
      return textOf(await ask(model, [first, { role: 'assistant', content }, result], tools))
    },
  }
}

function genai(google: GoogleGenAI): Library {
  const ask = async (model: string, contents: Content[]) => {
    const config = { tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: parameters }] }] }
    const stream = await google.models.generateContentStream({ model, contents, config })
    const parts = []
    for await (const { candidates } of stream) parts.push(...(candidates?.[0]?.content?.parts ?? []))
    return parts
  }
  const user = (text: string): Content => ({ role: 'user', parts: [{ text }] })
  const textOf = (parts: Content['parts']) => parts?.map(({ text }) => text ?? '').join('') ?? ''
  return {
    name: '`@google/genai`',
    async text(model) {
      return textOf(await ask(model, [user(hello)]))
    },
    async tool(model) {
      const parts = await ask(model, [user(question)])
      const call = parts.find(({ functionCall }) => functionCall !== undefined)?.functionCall
      if (call === undefined) return 'no call'
      const functionResponse = { ...(call.id === undefined ? {} : { id: call.id }), name, response: { sky: sunny } }
      return textOf(
        await ask(model, [user(question), { role: 'model', parts }, { role: 'user', parts: [{ functionResponse }] }]),
      )
    },
  }
}

function aiSdk(provider: ReturnType<typeof createOpenAICompatible>): Library {
  const inputSchema = jsonSchema<{ city: string }>(parameters)
  const tools = { [name]: tool({ description, inputSchema, execute: async () => sunny }) }
  return {
    name: 'AI SDK',
    text: async (model) => streamText({ model: provider(model), prompt: hello, maxRetries: 0 }).text,
    tool: async (model) =>
      streamText({ model: provider(model), prompt: question, tools, stopWhen: isStepCount(3), maxRetries: 0 }).text,
  }
}

function langchain(open: (model: string) => ChatOpenAI): Library {
  const tools = [{ type: 'function' as const, function: { name, description, parameters } }]
  const whole = async (stream: AsyncIterable<AIMessageChunk>) => {
    let all: AIMessageChunk | undefined
    for await (const chunk of stream) all = all === undefined ? chunk : all.concat(chunk)
    return all ?? new AIMessageChunk('')
  }
  return {
    name: 'LangChain',
    text: async (model) => String((await whole(await open(model).stream(hello))).content),
    async tool(model) {
      const bound = open(model).bindTools(tools)
      const first = new HumanMessage(question)
      const answer = await whole(await bound.stream([first]))
      const id = answer.tool_calls?.[0]?.id
      if (id === undefined) return 'no call'
      const result = new ToolMessage({ tool_call_id: id, content: sunny })
      return String((await whole(await bound.stream([first, answer, result]))).content)
    },
  }
}
