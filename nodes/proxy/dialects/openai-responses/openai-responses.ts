// The Responses API, for callers.
import type { InboundDialect } from '../dialect.ts'
import { readResponsesRequest, responsesParameterNames } from './parse-request.ts'
import { printResponsesAnswer } from './print-answer.ts'
import { ResponsesStreamPrinter } from './print-stream.ts'

export const openAiResponsesInbound: InboundDialect = {
  name: 'openai-responses',
  parameterNames: responsesParameterNames,
  parseRequest: readResponsesRequest,
  printAnswer: printResponsesAnswer,
  openPrinter: (facts) => new ResponsesStreamPrinter(facts),
}
