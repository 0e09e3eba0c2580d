// The Responses API, for callers.
import type { InboundDialect } from './dialect.ts'
import { ResponsesStreamPrinter } from './openai-responses-printer.ts'
import { readResponsesRequest, responsesParameterNames } from './openai-responses-request.ts'
import { printResponsesAnswer } from './openai-responses-response.ts'

export const openAiResponsesInbound: InboundDialect = {
  name: 'openai-responses',
  parameterNames: responsesParameterNames,
  parseRequest: readResponsesRequest,
  printAnswer: printResponsesAnswer,
  openPrinter: (facts) => new ResponsesStreamPrinter(facts),
}
