// Operations that are never translated: a provider that has the endpoint gets the caller's own bytes, and any other provider is
// skipped. `provider-kinds.ts` and `openai-hosts.ts` list which provider has which.
import { imageUnits, noUnits, rerankUnits, speechUnits, transcriptUnits } from './billable-units.ts'
import type { Operation } from './operation.ts'

const passThrough = {
  api: 'inference',
  methods: ['POST'],
  errors: 'openai',
  inbound: undefined,
  asksForUsage: false,
  stream: undefined,
} as const

const moderations: Operation = {
  ...passThrough,
  name: '/v1/moderations',
  dialect: 'openai-moderations',
  upstreamPath: '/moderations',
  input: { member: 'input', nonEmptyArray: false },
  units: noUnits,
}
const images: Operation = {
  ...passThrough,
  name: '/v1/images/generations',
  dialect: 'openai-images',
  upstreamPath: '/images/generations',
  input: { member: 'prompt', nonEmptyArray: false },
  stream: 'typed',
  answersAnyhow: true,
  units: imageUnits,
}
const imageEdits: Operation = {
  ...images,
  name: '/v1/images/edits',
  dialect: 'openai-image-edits',
  upstreamPath: '/images/edits',
  form: { only: false, part: 'prompt' },
}
const imageVariations: Operation = {
  ...imageEdits,
  name: '/v1/images/variations',
  upstreamPath: '/images/variations',
  form: { only: true, part: undefined },
}
const transcriptions: Operation = {
  ...passThrough,
  name: '/v1/audio/transcriptions',
  dialect: 'openai-transcriptions',
  upstreamPath: '/audio/transcriptions',
  input: undefined,
  form: { only: true, part: 'file' },
  stream: 'typed',
  answersAnyhow: true,
  units: transcriptUnits,
}
const translations: Operation = {
  ...transcriptions,
  name: '/v1/audio/translations',
  upstreamPath: '/audio/translations',
}
const speech: Operation = {
  ...passThrough,
  name: '/v1/audio/speech',
  dialect: 'openai-speech',
  upstreamPath: '/audio/speech',
  input: { member: 'input', nonEmptyArray: false },
  stream: 'typed',
  answersAnyhow: true,
  units: speechUnits,
}
const rerank: Operation = {
  ...passThrough,
  name: '/v1/rerank',
  dialect: 'rerank',
  upstreamPath: '/rerank',
  input: { member: 'query', nonEmptyArray: false },
  units: rerankUnits,
}
/** The second version has the same requests; a provider's base URL determines which version it has. */
const rerank2: Operation = { ...rerank, name: '/v2/rerank' }

export const passThroughOperations: readonly Operation[] = [
  moderations,
  images,
  imageEdits,
  imageVariations,
  speech,
  transcriptions,
  translations,
  rerank,
  rerank2,
]

/** Operations that Azure has behind the name of a deployment. */
export const azurePassThroughOperations: Readonly<Record<string, Operation>> = {
  'images/generations': images,
  'images/edits': imageEdits,
  'audio/speech': speech,
  'audio/transcriptions': transcriptions,
  'audio/translations': translations,
}
