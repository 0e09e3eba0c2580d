// The Converse API of Amazon Bedrock, for upstreams; embeddings use InvokeModel.

import type { UpstreamDialect } from '../dialect.ts'
import { bedrockEmbeddingsUpstream } from './embeddings.ts'
import { parseBedrockError } from './error.ts'
import { readBedrockAnswer } from './parse-answer.ts'
import { BedrockStreamParser } from './parse-stream.ts'
import { bedrockCan, printBedrockRequest } from './print-request.ts'

export const bedrockUpstream: UpstreamDialect = {
  name: 'bedrock',
  can: bedrockCan,
  places: new Set(['file.name', 'file.context', 'file.citable']),
  streamType: 'application/vnd.amazon.eventstream',
  printRequest: printBedrockRequest,
  parseAnswer: readBedrockAnswer,
  openParser: (printed) => new BedrockStreamParser(printed),
  parseError: parseBedrockError,
  embeddings: bedrockEmbeddingsUpstream,
}
