// Cohere's API in its second version, for upstreams.
import { cohereEmbeddingsUpstream } from './cohere-embeddings.ts'
import { parseCohereError } from './cohere-error.ts'
import { cohereCan, printCohereRequest } from './cohere-request.ts'
import { readCohereAnswer } from './cohere-response.ts'
import { CohereStreamReader } from './cohere-stream.ts'
import type { UpstreamDialect } from './dialect.ts'
import { SseParser } from './sse-parser.ts'

export const cohereUpstream: UpstreamDialect = {
  name: 'cohere',
  can: cohereCan,
  streamType: 'text/event-stream',
  printRequest: printCohereRequest,
  parseAnswer: readCohereAnswer,
  openParser: (printed) => new SseParser(new CohereStreamReader(printed)),
  parseError: parseCohereError,
  embeddings: cohereEmbeddingsUpstream,
}
