// Gemini's API, for callers and for upstreams. The URL decides whether an answer streams, and in which framing.
import { isObject } from '../common/body-reader.ts'
import type { InboundDialect, UpstreamDialect } from '../dialect.ts'
import { parseGeminiError } from './error.ts'
import { member } from './members.ts'
import { geminiParameterNames, readGeminiRequest } from './parse-request.ts'
import { GeminiStreamParser, readGeminiAnswer } from './parse-stream.ts'
import { printGeminiAnswer } from './print-answer.ts'
import { geminiEmbeddingsUpstream } from './print-embeddings.ts'
import { geminiCan, printGeminiRequest } from './print-request.ts'
import { type GeminiFraming, GeminiStreamPrinter } from './print-stream.ts'

export const geminiInbound: InboundDialect = {
  name: 'gemini',
  parameterNames: geminiParameterNames,
  parseRequest: (body) => readGeminiRequest(body, false),
  printAnswer: printGeminiAnswer,
  openPrinter: (facts) => new GeminiStreamPrinter(facts, 'sse'),
}

/** The request is the member `generateContentRequest`, or the whole body. */
export const geminiCountInbound: InboundDialect = {
  ...geminiInbound,
  parseRequest(body) {
    const inner = member(body, 'generateContentRequest')
    return readGeminiRequest(isObject(inner) ? inner : body, false)
  },
}

export function geminiStreamInbound(framing: GeminiFraming): InboundDialect {
  return {
    ...geminiInbound,
    parseRequest: (body) => readGeminiRequest(body, true),
    openPrinter: (facts) => new GeminiStreamPrinter(facts, framing),
    // Only white space may stand between the elements of a list.
    ...(framing === 'list' ? { framing: { contentType: 'application/json', keepAlive: '\n' } } : {}),
  }
}

export const geminiUpstream: UpstreamDialect = {
  name: 'gemini',
  can: geminiCan,
  streamType: 'text/event-stream',
  printRequest: (request, target) => printGeminiRequest(request, target, { serviceTiers: true, callIds: true }),
  parseAnswer: readGeminiAnswer,
  openParser: (printed) => new GeminiStreamParser(printed),
  parseError: parseGeminiError,
  embeddings: geminiEmbeddingsUpstream,
}
