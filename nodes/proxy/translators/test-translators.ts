// Requests for tests of translators: one of each operation, read as the inference API reads it.
import { ManualClock } from '../../../shared/clock.ts'
import type { Slices } from '../../../shared/work/slices.ts'
import type { Jobs } from '../large/job.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import type { FileReference } from '../provider-objects/file-references.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { InferenceRequest } from '../request/inference-request.ts'
import { inferenceRequest, readFacts, readModels } from '../request/read-inference.ts'
import { formType, testForm } from '../request/test-form.ts'
import { testHead, testRequest } from '../request/test-request.ts'
import type { AnswerFilter } from '../streams/answer-filter.ts'
import { FormTranslators } from './choose-form-translator.ts'
import { JsonTranslators } from './choose-translator.ts'

export interface Sample {
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body: object | string
}

export interface AskedSample {
  readonly request: AuthenticatedRequest
  readonly asked: InferenceRequest
}

export function askSample({ path, query = '', headers = {}, body }: Sample): AskedSample {
  const { request } = testRequest({ head: testHead({ path, query, headers }), body })
  const models = readModels(request)
  if (!models.ok) throw new Error(JSON.stringify(models.error))
  const facts = readFacts(request, models.value)
  if (!facts.ok) throw new Error(JSON.stringify(facts.error))
  return { request, asked: inferenceRequest(facts.value) }
}

export interface TranslatorOptions {
  readonly filters?: readonly AnswerFilter[]
  readonly files?: readonly FileReference[]
  readonly strict?: boolean
  readonly jobs?: Jobs
}

export function jsonTranslators({ request, asked }: AskedSample, options: TranslatorOptions = {}): JsonTranslators {
  const findFiles = options.files === undefined ? undefined : () => foundAtOnce(options.files ?? [])
  const { filters = [], strict = false, jobs = new InlineJobs() } = options
  const { body } = asked.facts
  if (body.type !== 'json') throw new Error('the body is a form')
  return new JsonTranslators({
    request,
    asked,
    body,
    filters,
    findFiles,
    strict,
    nowSeconds: 1_700_000_000,
    jobs,
    clock: new ManualClock(),
  })
}

// biome-ignore lint/correctness/useYield: nothing is searched
function* foundAtOnce(files: readonly FileReference[]): Slices<readonly FileReference[]> {
  return files
}

export function translatorsOf(sample: AskedSample): JsonTranslators | FormTranslators {
  const { body } = sample.asked.facts
  return body.type === 'form' ? new FormTranslators(sample.request, body, new InlineJobs()) : jsonTranslators(sample)
}

const messages = [{ role: 'user', content: 'hi' }]
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]
const content = { parts: [{ text: 'hi' }] }
const form = { 'content-type': formType }
const audio = testForm([
  { name: 'file', content: 'RIFF', filename: 'a.wav' },
  { name: 'model', content: 'm' },
])
const picture = testForm([
  { name: 'image', content: 'PNG', filename: 'a.png' },
  { name: 'model', content: 'm' },
])

/** One request of every operation of the inference API. */
export const samples = {
  chat: { path: '/v1/chat/completions', body: { model: 'm', messages } },
  completions: { path: '/v1/completions', body: { model: 'm', prompt: 'hi' } },
  responses: { path: '/v1/responses', body: { model: 'm', input: 'hi' } },
  messages: { path: '/v1/messages', body: { model: 'm', max_tokens: 9, messages } },
  'count tokens': { path: '/v1/messages/count_tokens', body: { model: 'm', messages } },
  generate: { path: '/v1beta/models/m:generateContent', body: { contents } },
  'generate stream': { path: '/v1beta/models/m:streamGenerateContent', query: 'alt=sse', body: { contents } },
  'generate list': { path: '/v1beta/models/m:streamGenerateContent', body: { contents } },
  'gemini count': { path: '/v1beta/models/m:countTokens', body: { contents } },
  embeddings: { path: '/v1/embeddings', body: { model: 'm', input: 'hi' } },
  'gemini embed': { path: '/v1beta/models/m:embedContent', body: { content } },
  'gemini batch embed': { path: '/v1beta/models/m:batchEmbedContents', body: { requests: [{ content }] } },
  moderations: { path: '/v1/moderations', body: { model: 'm', input: 'hi' } },
  images: { path: '/v1/images/generations', body: { model: 'm', prompt: 'hi' } },
  'image edits': { path: '/v1/images/edits', body: { model: 'm', prompt: 'hi' } },
  'image variations': { path: '/v1/images/variations', headers: form, body: picture },
  speech: { path: '/v1/audio/speech', body: { model: 'm', input: 'hi' } },
  transcriptions: { path: '/v1/audio/transcriptions', headers: form, body: audio },
  translations: { path: '/v1/audio/translations', headers: form, body: audio },
  rerank: { path: '/v1/rerank', body: { model: 'm', query: 'hi', documents: ['a'] } },
  'rerank 2': { path: '/v2/rerank', body: { model: 'm', query: 'hi', documents: ['a'] } },
} as const satisfies Readonly<Record<string, Sample>>

export type SampleName = keyof typeof samples
