// The operations that are translated, by name, so that another process can be told which one is meant.
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

/** A stream of Gemini's API has one name in both of its framings, which make no difference to a request or a whole answer. */
const operations = new Map<string, Operation>(
  [chat, completions, responses, messages, countTokens, generate, generateStream, geminiCount]
    .concat([embeddings, geminiEmbed, geminiBatchEmbed])
    .map((operation) => [operation.name, operation]),
)

export function translatedOperation(name: string): Operation {
  const operation = operations.get(name)
  if (operation === undefined) throw new Error(`there is no operation ${name} that is translated`)
  return operation
}
