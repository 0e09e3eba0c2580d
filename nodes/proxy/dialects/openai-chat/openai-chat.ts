// Chat completions, for callers and for upstreams.
import type { Capability } from '../../../../shared/chat/capabilities.ts'
import { SseParser } from '../common/sse-parser.ts'
import type { InboundDialect, UpstreamDialect } from '../dialect.ts'
import { openAiEmbeddingsUpstream } from '../openai/embeddings.ts'
import { parseOpenAiError } from '../openai/error.ts'
import { printChatAnswer, readChatAnswer } from './answer.ts'
import { chatParameterNames, readChatRequest } from './parse-request.ts'
import { ChatStreamReader } from './parse-stream.ts'
import { printChatRequest } from './print-request.ts'
import { ChatStreamPrinter } from './print-stream.ts'

export const openAiChatInbound: InboundDialect = {
  name: 'openai-chat',
  parameterNames: chatParameterNames,
  parseRequest: readChatRequest,
  printAnswer: printChatAnswer,
  openPrinter: (facts) => new ChatStreamPrinter(facts),
}

const can: ReadonlySet<Capability> = new Set<Capability>([
  ...(['tools', 'custom tools', 'forced tool choice', 'images', 'audio', 'video', 'files'] as const),
  ...(['structured output', 'several choices', 'audio output', 'image output'] as const),
])

export const openAiChatUpstream: UpstreamDialect = {
  name: 'openai-chat',
  can,
  places: new Set(['message.name', 'image.detail']),
  streamType: 'text/event-stream',
  printRequest: printChatRequest,
  parseAnswer: readChatAnswer,
  openParser: (printed) => new SseParser(new ChatStreamReader(printed)),
  parseError: parseOpenAiError,
  embeddings: openAiEmbeddingsUpstream,
}
