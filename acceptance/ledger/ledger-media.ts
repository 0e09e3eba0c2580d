// Answers of a provider on the routes beside chat: completions, embeddings, images, speech, transcripts, reranking, moderation. Each is
// charged by what its target has a price for.
import { type FakeDialect, inputTokens, outputTokens, tokenPrice } from './ledger-dialects.ts'

const usage = { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
const chunk = (more: object) =>
  `data: ${JSON.stringify({ id: 'c', object: 'text_completion', created: 1, model: 'x', choices: [], ...more })}\n\n`
const event = (type: string, more: object = {}) =>
  `event: ${type}\ndata: ${JSON.stringify(Object.assign({ type }, more))}\n\n`

const openai = {
  kind: 'openai',
  contentType: 'text/event-stream',
  model: 'gpt-4o-mini',
  price: { price: tokenPrice },
} as const
/** USD by the unit. */
const perImage = 0.04
const perMCharacters = 15
const perSecond = 0.0001
const perSearchUnit = 0.002
const nano = 1e9

const completions: FakeDialect = {
  ...openai,
  name: 'completions',
  tellsEarly: false,
  path: () => '/v1/completions',
  body: (model, text, stream) => ({ model, stream, max_tokens: 10, prompt: text }),
  whole: () => ({
    id: 'c',
    object: 'text_completion',
    created: 1,
    model: 'x',
    choices: [{ index: 0, text: 'hi', finish_reason: 'stop' }],
    usage,
  }),
  pieces: () => [
    { bytes: chunk({ choices: [{ index: 0, text: 'hi', finish_reason: null }] }) },
    {
      bytes: `${chunk({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] })}${chunk({ usage })}data: [DONE]\n\n`,
      outputTokens,
    },
  ],
}

const embeddings: FakeDialect = {
  ...openai,
  name: 'embeddings',
  tellsEarly: false,
  path: () => '/v1/embeddings',
  body: (model, text) => ({ model, input: text }),
  whole: () => ({
    object: 'list',
    model: 'x',
    data: [{ object: 'embedding', index: 0, embedding: [0.5] }],
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  }),
  nanoUsd: () => inputTokens * 1_000,
}

const imagesByToken: FakeDialect = {
  ...openai,
  name: 'images-by-token',
  tellsEarly: false,
  isUnbounded: true,
  path: () => '/v1/images/generations',
  body: (model, text, stream) => ({ model, stream, prompt: text }),
  whole: () => ({
    created: 1,
    data: [{ b64_json: 'AA==' }],
    usage: { input_tokens: inputTokens, output_tokens: outputTokens },
  }),
  pieces: () => [
    { bytes: event('image_generation.partial_image', { b64_json: 'AA==', partial_image_index: 0 }) },
    {
      bytes: event('image_generation.completed', {
        b64_json: 'AA==',
        usage: { input_tokens: inputTokens, output_tokens: outputTokens },
      }),
      outputTokens,
    },
  ],
}

const imagesByPiece: FakeDialect = {
  ...openai,
  name: 'images-by-piece',
  tellsEarly: false,
  price: { unitPrice: { perImage } },
  path: () => '/v1/images/generations',
  body: (model, text) => ({ model, prompt: text, n: 2 }),
  whole: () => ({ created: 1, data: [{ b64_json: 'AA==' }, { b64_json: 'AA==' }] }),
  nanoUsd: () => 2 * perImage * nano,
}

/** Charged by the text that is asked for, as soon as it is. */
const speech: FakeDialect = {
  ...openai,
  name: 'speech',
  tellsEarly: false,
  chargesAtOnce: true,
  wholeType: 'audio/mpeg',
  price: { unitPrice: { perMCharacters } },
  path: () => '/v1/audio/speech',
  body: (model, text) => ({ model, input: text, voice: 'alloy' }),
  whole: () => Buffer.from('ID3 is what a sound begins with'),
  nanoUsd: (text) => (text.length * perMCharacters * nano) / 1e6,
}

const transcripts: FakeDialect = {
  ...openai,
  name: 'transcripts',
  tellsEarly: false,
  isForm: true,
  isUnbounded: true,
  price: { unitPrice: { perSecond } },
  path: () => '/v1/audio/transcriptions',
  body: (model, text) => ({ model, prompt: text }),
  whole: () => ({ text: 'hello', usage: { type: 'duration', seconds: 61 } }),
  nanoUsd: () => 61 * perSecond * nano,
}

const reranking: FakeDialect = {
  ...openai,
  kind: 'cohere',
  name: 'rerank',
  model: 'rerank-v3.5',
  tellsEarly: false,
  price: { unitPrice: { perSearchUnit } },
  path: () => '/v1/rerank',
  body: (model, text) => ({ model, query: text, documents: ['a'] }),
  whole: () => ({ id: 'r', results: [], meta: { billed_units: { search_units: 1 } } }),
  nanoUsd: () => perSearchUnit * nano,
}

const moderation: FakeDialect = {
  ...openai,
  name: 'moderation',
  tellsEarly: false,
  price: { price: { inputPerMTok: 0, outputPerMTok: 0 } },
  path: () => '/v1/moderations',
  body: (model, text) => ({ model, input: text }),
  whole: () => ({ id: 'm', model: 'x', results: [] }),
  nanoUsd: () => 0,
}

export const fakeMedia: readonly FakeDialect[] = [
  ...[completions, embeddings, imagesByToken, imagesByPiece, speech, transcripts, reranking, moderation],
]
