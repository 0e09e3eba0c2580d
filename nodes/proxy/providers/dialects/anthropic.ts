// Anthropic Messages, both sides.
import { parseAnthropicError } from './anthropic-error.ts'
import { AnthropicStreamPrinter } from './anthropic-printer.ts'
import { anthropicParameterNames, readAnthropicRequest } from './anthropic-request.ts'
import { anthropicCan, printAnthropicRequest } from './anthropic-request-print.ts'
import { printAnthropicAnswer, readAnthropicAnswer } from './anthropic-response.ts'
import { AnthropicStreamReader } from './anthropic-stream.ts'
import type { InboundDialect, UpstreamDialect } from './dialect.ts'
import { SseParser } from './sse-parser.ts'

export const anthropicInbound: InboundDialect = {
  name: 'anthropic',
  parameterNames: anthropicParameterNames,
  parseRequest: readAnthropicRequest,
  printAnswer: printAnthropicAnswer,
  openPrinter: (facts) => new AnthropicStreamPrinter(facts),
}

export const anthropicUpstream: UpstreamDialect = {
  name: 'anthropic',
  can: anthropicCan,
  streamType: 'text/event-stream',
  printRequest: printAnthropicRequest,
  parseAnswer: readAnthropicAnswer,
  openParser: () => new SseParser(new AnthropicStreamReader()),
  parseError: parseAnthropicError,
}
