// The Responses API, for callers and for upstreams.
import { SseParser } from '../common/sse-parser.ts'
import type { InboundDialect, UpstreamDialect } from '../dialect.ts'
import { openAiEmbeddingsUpstream } from '../openai/embeddings.ts'
import { parseOpenAiError } from '../openai/error.ts'
import { readResponsesAnswer } from './parse-answer.ts'
import { readResponsesRequest, repeatedInResponse, responsesParameterNames } from './parse-request.ts'
import { ResponsesStreamReader } from './parse-stream.ts'
import { printResponsesAnswer } from './print-answer.ts'
import { printResponsesRequest, responsesCan } from './print-request.ts'
import { ResponsesStreamPrinter } from './print-stream.ts'

export const openAiResponsesInbound: InboundDialect = {
  name: 'openai-responses',
  parameterNames: responsesParameterNames,
  parseRequest: readResponsesRequest,
  repeats: repeatedInResponse,
  printAnswer: printResponsesAnswer,
  openPrinter: (facts) => new ResponsesStreamPrinter(facts),
}

export const openAiResponsesUpstream: UpstreamDialect = {
  name: 'openai-responses',
  can: responsesCan,
  places: new Set(['image.detail']),
  streamType: 'text/event-stream',
  printRequest: printResponsesRequest,
  parseAnswer: readResponsesAnswer,
  openParser: (printed) => new SseParser(new ResponsesStreamReader(printed)),
  parseError: parseOpenAiError,
  embeddings: openAiEmbeddingsUpstream,
}
