// The two dialects of Vertex AI: Gemini's, with embeddings of its own, and Anthropic's as raw predictions.

import { done } from '../../../../shared/result.ts'
import { anthropicUpstream } from '../anthropic/anthropic.ts'
import { parseAnthropicError } from '../anthropic/error.ts'
import type { UpstreamDialect } from '../dialect.ts'
import { parseGeminiError } from '../gemini/error.ts'
import { geminiUpstream } from '../gemini/gemini.ts'
import { printGeminiRequest } from '../gemini/print-request.ts'
import { betaLine, isPlatformError, pathOfClaude, versionOfClaude, vertexBetas } from './claude-envelope.ts'
import { vertexEmbeddingsUpstream } from './embeddings.ts'

export const vertexGeminiUpstream: UpstreamDialect = {
  ...geminiUpstream,
  printRequest: (request, target) => printGeminiRequest(request, target, { serviceTiers: false, callIds: false }),
  embeddings: vertexEmbeddingsUpstream,
}

const version = `"anthropic_version":"${versionOfClaude}"`

/** Vertex AI takes the model in the path, and the version of the API in the body. */
export const vertexClaudeUpstream: UpstreamDialect = {
  ...anthropicUpstream,
  printRequest(request, target) {
    const printed = anthropicUpstream.printRequest(request, target)
    if (!printed.ok) return printed
    const { body, ...rest } = printed.value
    const betas = vertexBetas(request.betas ?? [])
    const named = `"model":${JSON.stringify(target.model)}`
    return done({
      ...rest,
      path: pathOfClaude(target.model, request.stream),
      // The model is the first member of the body, so the first match is never text of the caller.
      body: body.replace(named, () => version),
      headerLines: betaLine(betas.kept),
      dropped: [...rest.dropped, ...betas.dropped],
    })
  },
  parseError(status, body) {
    return isPlatformError(body) ? parseGeminiError(status, body) : parseAnthropicError(status, body)
  },
}

export function isClaude(model: string): boolean {
  return model.startsWith('claude')
}
