// The Anthropic Messages API, for callers and for upstreams.

import { SseParser } from '../common/sse-parser.ts'
import type { InboundDialect, UpstreamDialect } from '../dialect.ts'
import { printAnthropicAnswer, readAnthropicAnswer } from './answer.ts'
import { parseAnthropicError } from './error.ts'
import { anthropicParameterNames, readAnthropicRequest } from './parse-request.ts'
import { AnthropicStreamReader } from './parse-stream.ts'
import { anthropicCan, printAnthropicRequest } from './print-request.ts'
import { AnthropicStreamPrinter } from './print-stream.ts'

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
  places: new Set(['file.name', 'file.context', 'file.citable']),
  streamType: 'text/event-stream',
  printRequest: printAnthropicRequest,
  parseAnswer: readAnthropicAnswer,
  openParser: ({ toolNames }) => new SseParser(new AnthropicStreamReader(toolNames)),
  parseError: parseAnthropicError,
}
