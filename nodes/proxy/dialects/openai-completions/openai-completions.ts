// Legacy completions, for callers.
import type { InboundDialect } from '../dialect.ts'
import { completionsParameterNames, echoedPrompt, readCompletionsRequest } from './parse-request.ts'
import { CompletionsStreamPrinter, printCompletionsAnswer } from './print-answer.ts'

export const openAiCompletionsInbound: InboundDialect = {
  name: 'openai-completions',
  parameterNames: completionsParameterNames,
  parseRequest: readCompletionsRequest,
  repeats: (request) => ({ prompt: echoedPrompt(request) }),
  printAnswer: printCompletionsAnswer,
  openPrinter: (facts) => new CompletionsStreamPrinter(facts),
}
