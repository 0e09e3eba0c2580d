// Legacy completions, for callers.
import type { InboundDialect } from './dialect.ts'
import { completionsParameterNames, readCompletionsRequest } from './openai-completions-request.ts'
import { CompletionsStreamPrinter, printCompletionsAnswer } from './openai-completions-response.ts'

export const openAiCompletionsInbound: InboundDialect = {
  name: 'openai-completions',
  parameterNames: completionsParameterNames,
  parseRequest: readCompletionsRequest,
  printAnswer: printCompletionsAnswer,
  openPrinter: (facts) => new CompletionsStreamPrinter(facts),
}
