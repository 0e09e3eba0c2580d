// Version 2 of Cohere's API, for upstreams.

import { SseParser } from '../common/sse-parser.ts'
import type { UpstreamDialect } from '../dialect.ts'
import { cohereEmbeddingsUpstream } from './embeddings.ts'
import { parseCohereError } from './error.ts'
import { readCohereAnswer } from './parse-answer.ts'
import { CohereStreamReader } from './parse-stream.ts'
import { cohereCan, printCohereRequest } from './print-request.ts'

export const cohereUpstream: UpstreamDialect = {
  name: 'cohere',
  can: cohereCan,
  places: new Set(['image.detail']),
  streamType: 'text/event-stream',
  printRequest: printCohereRequest,
  parseAnswer: readCohereAnswer,
  openParser: (printed) => new SseParser(new CohereStreamReader(printed)),
  parseError: parseCohereError,
  embeddings: cohereEmbeddingsUpstream,
}
