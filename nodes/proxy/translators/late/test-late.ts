// One large request, and what both ways of speaking to a target make of it: at once, and by jobs.

import type { Continuation } from '../../conversations/continuation.ts'
import { InlineJobs } from '../../large/test-jobs.ts'
import type { Target } from '../../providers/endpoint.ts'
import { inferenceRequest } from '../../request/read-inference.ts'
import { askSample, jsonTranslators, type Sample, type TranslatorOptions } from '../test-translators.ts'
import type { Made, Translator } from '../translator.ts'

/** More than is parsed in the event loop. */
export const longText = 'x'.repeat(300_000)

export interface LargeRequest extends Sample {
  readonly state?: Partial<Continuation>
  readonly options?: TranslatorOptions
}

const noState: Continuation = { history: undefined, referred: undefined, pin: undefined, keeper: undefined }

export function largeRequest({ state, options, ...sample }: LargeRequest) {
  const { request, asked } = askSample(sample)
  const known = state === undefined ? asked : inferenceRequest(asked.facts, { ...noState, ...state })
  const jobs = new InlineJobs()
  const translators = jsonTranslators({ request, asked: known }, { jobs, ...options })
  return {
    request,
    jobs,
    translators,
    now: (target: Target, strict = false) => translators.to(target, strict),
    late(target: Target, strict = false): Promise<Made<Translator>> {
      const late = translators.late(target, strict)
      if (late === undefined) throw new Error('it is translated at once')
      return late.start()
    },
  }
}

/** What an upstream is sent, and what is kept of a request. */
export function seenOf(made: Made<Translator>) {
  if (!made.ok) return made.error
  const { path, headerLines, body, dropped, estimatedInput, serviceTier, streamType, units, credential } = made.value
  const text = Buffer.concat(body).toString()
  return { path, headerLines, text, dropped, estimatedInput, serviceTier, streamType, units, credential }
}
