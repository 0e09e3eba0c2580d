// Every member that the official SDKs know for the messages, parts and tools of a request, each with a value that means something. The
// compiler compares the tables with the types of the SDKs, so a member that is new there is missed here.
import type Anthropic from '@anthropic-ai/sdk'
import type { Content, FunctionCall, FunctionDeclaration, FunctionResponse, Part } from '@google/genai'
import type OpenAI from 'openai'
import type { JsonObject } from '../../../shared/chat/parts.ts'
import { anthropicInbound } from './anthropic/anthropic.ts'
import { geminiStreamInbound } from './gemini/gemini.ts'
import { openAiChatInbound } from './openai-chat/openai-chat.ts'
import { openAiResponsesInbound } from './openai-responses/openai-responses.ts'
import { type KnownMembers, known } from './test-known.ts'

const ephemeral = { type: 'ephemeral', ttl: '1h' }
const parameters = { type: 'object', properties: {} }
const png = 'iVBORw0KGgo='
const pdf = 'JVBERi0xLjQK'

// ── chat completions ─────────────────────────────────────────────────────────────────────────────────────────────────

type Chat = OpenAI.Chat.Completions.ChatCompletionContentPart
const user = { role: 'user', content: 'x' }
const inChat = (message: JsonObject) => ({ messages: [user, message] })
const chatPart = (part: JsonObject) => ({ messages: [{ role: 'user', content: [part] }] })
const chatTool = (tool: JsonObject) => ({ messages: [user], tools: [tool] })
const chatCall = (call: JsonObject) => inChat({ role: 'assistant', content: 'x', tool_calls: [call] })
const chat = openAiChatInbound

const ofChat: readonly KnownMembers[] = [
  known<OpenAI.Chat.ChatCompletionUserMessageParam>(chat, 'user message', inChat)(user, { name: 'ann' }),
  known<OpenAI.Chat.ChatCompletionSystemMessageParam>(
    chat,
    'system message',
    inChat,
  )({ role: 'system', content: 'x' }, { name: 'ann' }),
  known<OpenAI.Chat.ChatCompletionDeveloperMessageParam>(
    chat,
    'developer message',
    inChat,
  )({ role: 'developer', content: 'x' }, { name: 'ann' }),
  known<OpenAI.Chat.ChatCompletionAssistantMessageParam>(
    chat,
    'assistant message',
    inChat,
  )(
    { role: 'assistant', content: 'x' },
    {
      name: 'ann',
      audio: { id: 'audio_1' },
      refusal: 'No.',
      function_call: { name: 'f', arguments: '{}' },
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
    },
  ),
  known<OpenAI.Chat.ChatCompletionMessageFunctionToolCall>(
    chat,
    'call',
    chatCall,
  )({ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }, {}),
  known<OpenAI.Chat.ChatCompletionContentPartText>(
    chat,
    'text',
    chatPart,
  )({ type: 'text', text: 'x' }, { prompt_cache_breakpoint: { mode: 'explicit' } }),
  known<OpenAI.Chat.ChatCompletionContentPartImage.ImageURL>(chat, 'image_url', (image_url) =>
    chatPart({ type: 'image_url', image_url }),
  )({ url: `data:image/png;base64,${png}` }, { detail: 'high' }),
  known<Extract<Chat, { type: 'file' }>['file']>(chat, 'file', (file) => chatPart({ type: 'file', file }))(
    { file_data: `data:application/pdf;base64,${pdf}` },
    { filename: 'r.pdf', file_id: 'file_1' },
  ),
  known<OpenAI.Chat.ChatCompletionFunctionTool['function']>(chat, 'function', (one) =>
    chatTool({ type: 'function', function: one }),
  )({ name: 'f' }, { description: 'd', parameters: { ...parameters, title: 'T' }, strict: true }),
]

// ── Messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const inMessages = (content: unknown, more: object = {}) => ({
  max_tokens: 9,
  messages: [{ role: 'user', content }],
  ...more,
})
const block = (one: JsonObject) => inMessages([one])
const said = (one: JsonObject) => ({
  max_tokens: 9,
  messages: [user, { role: 'assistant', content: [one] }, user],
})
const citation = { type: 'page_location', document_title: 'T', document_index: 0, cited_text: 'x' }
const messages = anthropicInbound

const ofMessages: readonly KnownMembers[] = [
  known<Anthropic.TextBlockParam>(
    messages,
    'text',
    said,
  )({ type: 'text', text: 'x' }, { cache_control: ephemeral, citations: [citation] }),
  known<Anthropic.ImageBlockParam>(
    messages,
    'image',
    block,
  )(
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    { cache_control: ephemeral, transformations: [{ type: 'x' }] },
  ),
  known<Anthropic.DocumentBlockParam>(
    messages,
    'document',
    block,
  )(
    { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: pdf } },
    { cache_control: ephemeral, citations: { enabled: true }, context: 'c', title: 'T' },
  ),
  known<Anthropic.ToolUseBlockParam>(
    messages,
    'tool_use',
    said,
  )(
    { type: 'tool_use', id: 't', name: 'f', input: {} },
    { cache_control: ephemeral, caller: { type: 'code_execution_20250825', tool_id: 'x' }, toolset_name: 's' },
  ),
  known<Anthropic.ToolResultBlockParam>(
    messages,
    'tool_result',
    block,
  )(
    { type: 'tool_result', tool_use_id: 't' },
    { cache_control: ephemeral, content: 'x', is_error: true, toolset_name: 's' },
  ),
  known<Anthropic.Tool>(messages, 'tool', (tool) => inMessages('x', { tools: [tool] }))(
    { name: 'f', input_schema: parameters },
    {
      type: 'custom',
      description: 'd',
      cache_control: ephemeral,
      strict: true,
      allowed_callers: ['code_execution_20250825'],
      defer_loading: true,
      eager_input_streaming: true,
      input_examples: [{ city: 'P' }],
    },
    ['type'],
  ),
  known<Anthropic.Metadata>(messages, 'metadata', (metadata) => inMessages('x', { metadata }))({}, { user_id: 'ann' }),
]

// ── Responses ────────────────────────────────────────────────────────────────────────────────────────────────────────

const responses = openAiResponsesInbound
const inInput = (item: JsonObject) => ({ input: [user, item] })
const inputPart = (part: JsonObject) => ({ input: [{ role: 'user', content: [part] }] })

const ofResponses: readonly KnownMembers[] = [
  known<OpenAI.Responses.EasyInputMessage>(responses, 'message', inInput)(
    { role: 'assistant', content: 'x' },
    { type: 'message', phase: 'commentary' },
    ['type'],
  ),
  known<OpenAI.Responses.ResponseInputImage>(
    responses,
    'input_image',
    inputPart,
  )(
    { type: 'input_image', image_url: `data:image/png;base64,${png}` },
    { detail: 'high', file_id: 'file_1', prompt_cache_breakpoint: { mode: 'explicit' } },
  ),
  known<OpenAI.Responses.ResponseInputFile>(
    responses,
    'input_file',
    inputPart,
  )(
    { type: 'input_file', file_data: `data:application/pdf;base64,${pdf}` },
    {
      prompt_cache_breakpoint: { mode: 'explicit' },
      filename: 'r.pdf',
      file_id: 'file_1',
      file_url: 'https://a.example/r.pdf',
      detail: 'high',
    },
  ),
  known<OpenAI.Responses.ResponseFunctionToolCall>(responses, 'function_call', inInput)(
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { id: 'fc_1', status: 'completed', namespace: 'n', async: true, caller: { type: 'program', id: 'x' } },
    ['id', 'status'],
  ),
  known<OpenAI.Responses.FunctionTool>(responses, 'tool', (tool) => ({ input: 'x', tools: [tool] }))(
    { type: 'function', name: 'f' },
    {
      description: 'd',
      parameters: { ...parameters, title: 'T' },
      strict: true,
      defer_loading: true,
      allowed_callers: ['programmatic'],
      async: true,
      output_schema: parameters,
    },
  ),
]

// ── generateContent ──────────────────────────────────────────────────────────────────────────────────────────────────

const gemini = geminiStreamInbound('sse')
const inContents = (part: JsonObject) => ({ contents: [{ role: 'user', parts: [part] }] })
const picture = { mimeType: 'image/png', data: png }

const ofGemini: readonly KnownMembers[] = [
  known<Content>(gemini, 'content', (content) => ({ contents: [content] }))(
    { role: 'user', parts: [{ text: 'x' }] },
    {},
  ),
  known<Part>(gemini, 'part', inContents)(
    { inlineData: picture },
    {
      text: 'x',
      thought: true,
      thoughtSignature: 'AAAA',
      fileData: { fileUri: 'https://a.example/a.png', mimeType: 'image/png' },
      functionCall: { name: 'f' },
      functionResponse: { name: 'f', response: {} },
      executableCode: { code: '1' },
      codeExecutionResult: { outcome: 'OUTCOME_OK' },
      videoMetadata: { fps: 2 },
      mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' },
      partMetadata: { a: 1 },
      audioTranscription: { a: 1 },
      mediaProcessing: { a: 1 },
      speechMetadata: { a: 1 },
      toolCall: { id: 'x' },
      toolResponse: { id: 'x' },
    },
    // A user has no thoughts, and one part is one kind of data.
    [
      ...(['thought', 'thoughtSignature', 'text', 'fileData', 'functionCall', 'functionResponse'] as const),
      ...(['executableCode', 'codeExecutionResult', 'toolCall', 'toolResponse'] as const),
    ],
  ),
  known<NonNullable<Part['inlineData']>>(gemini, 'inlineData', (inlineData) => inContents({ inlineData }))(picture, {
    displayName: 'n',
  }),
  known<NonNullable<Part['fileData']>>(gemini, 'fileData', (fileData) => inContents({ fileData }))(
    { fileUri: 'https://a.example/a.png', mimeType: 'image/png' },
    { displayName: 'n' },
  ),
  known<FunctionCall>(gemini, 'functionCall', (functionCall) => ({
    contents: [{ role: 'model', parts: [{ functionCall }] }],
  }))({ name: 'f' }, { args: { a: 1 }, id: 'own', partialArgs: [{ jsonPath: '$.a' }], willContinue: true }, ['id']),
  known<FunctionResponse>(gemini, 'functionResponse', (functionResponse) => inContents({ functionResponse }))(
    { name: 'f', response: { a: 1 } },
    {
      id: 'own',
      parts: [{ inlineData: picture }],
      scheduling: 'SILENT',
      willContinue: true,
    },
    ['id'],
  ),
  known<FunctionDeclaration>(gemini, 'functionDeclaration', (one) => ({
    contents: [{ role: 'user', parts: [{ text: 'x' }] }],
    tools: [{ functionDeclarations: [one] }],
  }))(
    { name: 'f' },
    {
      description: 'd',
      parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } },
      parametersJsonSchema: { type: 'object', properties: { a: { type: 'string' } } },
      response: { type: 'OBJECT' },
      responseJsonSchema: { type: 'object' },
      behavior: 'NON_BLOCKING',
    },
  ),
]

export const knownMembers: readonly KnownMembers[] = [...ofChat, ...ofMessages, ...ofResponses, ...ofGemini]
