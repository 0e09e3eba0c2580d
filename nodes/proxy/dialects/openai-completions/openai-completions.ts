// Legacy completions, for callers.
import type { InboundDialect } from '../dialect.ts'
import { completionsParameterNames, readCompletionsRequest } from './parse-request.ts'
import { CompletionsStreamPrinter, printCompletionsAnswer } from './print-answer.ts'

export const openAiCompletionsInbound: InboundDialect = {
  name: 'openai-completions',
  parameterNames: completionsParameterNames,
  parseRequest: readCompletionsRequest,
  printAnswer: printCompletionsAnswer,
  openPrinter: (facts) => new CompletionsStreamPrinter(facts),
}
