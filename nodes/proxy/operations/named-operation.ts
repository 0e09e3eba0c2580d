// The operations of which another process works on a body or an answer, by name.
import type { Operation } from './operation.ts'
import {
  chat,
  completions,
  countTokens,
  embeddings,
  geminiBatchEmbed,
  geminiCount,
  geminiEmbed,
  generate,
  generateStream,
  messages,
  responses,
} from './operations.ts'
import { passThroughOperations } from './pass-through-operations.ts'

/** A stream of Gemini's API has one name in both of its framings, which make no difference to a request or a whole answer. */
const operations = new Map<string, Operation>(
  [chat, completions, responses, messages, countTokens, generate, generateStream, geminiCount]
    .concat([embeddings, geminiEmbed, geminiBatchEmbed], passThroughOperations)
    .map((operation) => [operation.name, operation]),
)

export function operationNamed(name: string): Operation {
  const operation = operations.get(name)
  if (operation === undefined) throw new Error(`there is no operation ${name} for another process`)
  return operation
}
