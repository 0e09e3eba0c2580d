// The two dialects of Vertex AI: Gemini's, with embeddings of its own, and Anthropic's as raw predictions.

import { done } from '../../../../shared/result.ts'
import { anthropicUpstream } from '../anthropic/anthropic.ts'
import { betasFor } from '../anthropic/betas.ts'
import { parseAnthropicError } from '../anthropic/error.ts'
import type { UpstreamDialect } from '../dialect.ts'
import { parseGeminiError } from '../gemini/error.ts'
import { geminiUpstream } from '../gemini/gemini.ts'
import { printGeminiRequest } from '../gemini/print-request.ts'
import { vertexEmbeddingsUpstream } from './embeddings.ts'

export const vertexGeminiUpstream: UpstreamDialect = {
  ...geminiUpstream,
  printRequest: (request, target) => printGeminiRequest(request, target, { serviceTiers: false, callIds: false }),
  embeddings: vertexEmbeddingsUpstream,
}

const version = '"anthropic_version":"vertex-2023-10-16"'

/** Vertex AI takes the model in the path, and the version of the API in the body. */
export const vertexClaudeUpstream: UpstreamDialect = {
  ...anthropicUpstream,
  printRequest(request, target) {
    const printed = anthropicUpstream.printRequest(request, target)
    if (!printed.ok) return printed
    const { body, ...rest } = printed.value
    const betas = betasFor(request, 'vertex')
    const named = `"model":${JSON.stringify(target.model)}`
    const method = request.stream ? 'streamRawPredict' : 'rawPredict'
    return done({
      ...rest,
      path: `/models/${encodeURIComponent(target.model)}:${method}`,
      // The model is the first member of the body, so the first match is never text of the caller.
      body: body.replace(named, () => version),
      headerLines: betas.kept === undefined ? '' : `anthropic-beta: ${betas.kept.join(',')}\r\n`,
      dropped: [...rest.dropped, ...betas.dropped],
    })
  },
  /** Errors of the model have Anthropic's shape, errors of the platform Google's. */
  parseError(status, body) {
    const isGoogle = /"status"\s*:\s*"[A-Z_]+"/.test(body.toString('utf8'))
    return isGoogle ? parseGeminiError(status, body) : parseAnthropicError(status, body)
  },
}

export function isClaude(model: string): boolean {
  return model.startsWith('claude')
}
