// Endpoints whose requests only ever pass through: a provider that has the endpoint is given the caller's own bytes, any
// other is passed over. Who has which is told by `kinds.ts` and `hosts.ts`.
import { imagesMeasured, nothingMeasured, rerankMeasured, speechMeasured, transcriptMeasured } from './measures.ts'
import type { Route } from './routes.ts'

const relayed = { errors: 'openai', inbound: undefined, asksForUsage: false, stream: undefined } as const

const moderations: Route = {
  ...relayed,
  name: '/v1/moderations',
  dialect: 'openai-moderations',
  upstreamPath: '/moderations',
  input: { member: 'input', nonEmptyArray: false },
  measures: nothingMeasured,
}
const images: Route = {
  ...relayed,
  name: '/v1/images/generations',
  dialect: 'openai-images',
  upstreamPath: '/images/generations',
  input: { member: 'prompt', nonEmptyArray: false },
  stream: 'typed',
  answersAnyhow: true,
  measures: imagesMeasured,
}
const imageEdits: Route = {
  ...images,
  name: '/v1/images/edits',
  dialect: 'openai-image-edits',
  upstreamPath: '/images/edits',
  form: { only: false, part: 'prompt' },
}
const imageVariations: Route = {
  ...imageEdits,
  name: '/v1/images/variations',
  upstreamPath: '/images/variations',
  form: { only: true, part: undefined },
}
const transcriptions: Route = {
  ...relayed,
  name: '/v1/audio/transcriptions',
  dialect: 'openai-transcriptions',
  upstreamPath: '/audio/transcriptions',
  input: undefined,
  form: { only: true, part: 'file' },
  stream: 'typed',
  answersAnyhow: true,
  measures: transcriptMeasured,
}
const translations: Route = { ...transcriptions, name: '/v1/audio/translations', upstreamPath: '/audio/translations' }
const speech: Route = {
  ...relayed,
  name: '/v1/audio/speech',
  dialect: 'openai-speech',
  upstreamPath: '/audio/speech',
  input: { member: 'input', nonEmptyArray: false },
  stream: 'typed',
  answersAnyhow: true,
  measures: speechMeasured,
}
const rerank: Route = {
  ...relayed,
  name: '/v1/rerank',
  dialect: 'rerank',
  upstreamPath: '/rerank',
  input: { member: 'query', nonEmptyArray: false },
  measures: rerankMeasured,
}
/** The same words; which version of the API a provider has is told by its base URL. */
const rerank2: Route = { ...rerank, name: '/v2/rerank' }

export const relayedRoutes: readonly Route[] = [
  ...[moderations, images, imageEdits, imageVariations, speech, transcriptions, translations, rerank, rerank2],
]

/** Those that Azure has behind the name of a deployment. */
export const azureRelayedRoutes: Readonly<Record<string, Route>> = {
  'images/generations': images,
  'images/edits': imageEdits,
  'audio/speech': speech,
  'audio/transcriptions': transcriptions,
  'audio/translations': translations,
}
