// Bedrock's Converse API, for upstreams; embeddings by InvokeModel.
import { bedrockEmbeddingsUpstream } from './bedrock-embeddings.ts'
import { parseBedrockError } from './bedrock-error.ts'
import { bedrockCan, printBedrockRequest } from './bedrock-request.ts'
import { readBedrockAnswer } from './bedrock-response.ts'
import { BedrockStreamParser } from './bedrock-stream.ts'
import type { UpstreamDialect } from './dialect.ts'

export const bedrockUpstream: UpstreamDialect = {
  name: 'bedrock',
  can: bedrockCan,
  streamType: 'application/vnd.amazon.eventstream',
  printRequest: printBedrockRequest,
  parseAnswer: readBedrockAnswer,
  openParser: (printed) => new BedrockStreamParser(printed),
  parseError: parseBedrockError,
  embeddings: bedrockEmbeddingsUpstream,
}
