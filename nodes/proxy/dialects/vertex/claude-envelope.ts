// Claude on Vertex AI takes Anthropic's bodies, without the model and with a version of the API.
// source: @anthropic-ai/vertex-sdk 1.1, client.ts (adaptRequest).
import { editOut, editText } from '../../../../shared/json/splice.ts'
import { betasFor } from '../anthropic/betas.ts'
import type { Envelope } from '../envelope.ts'

export const claudeEnvelope: Envelope = {
  path: ({ path, model, stream }) => (isCount(path) ? '/models/count-tokens:rawPredict' : pathOfClaude(model, stream)),
  edits(scan, { path, model }) {
    // The model stays in the body of a count, whose path names none.
    const named = isCount(path) ? editText(scan, 'model', model) : editOut(scan, 'model')
    const versioned = editText(scan, 'anthropic_version', versionOfClaude)
    return named === undefined ? [versioned] : [named, versioned]
  },
  betas(names) {
    const { kept, dropped } = vertexBetas(names)
    return { lines: betaLine(kept), dropped }
  },
  isPlatformError,
}

export const versionOfClaude = 'vertex-2023-10-16'

export function pathOfClaude(model: string, stream: boolean): string {
  return `/models/${encodeURIComponent(model)}:${stream ? 'streamRawPredict' : 'rawPredict'}`
}

export function vertexBetas(names: readonly string[]) {
  return betasFor(names, 'vertex')
}

export function betaLine(betas: readonly string[] | undefined): string {
  return betas === undefined ? '' : `anthropic-beta: ${betas.join(',')}\r\n`
}

/** Errors of the model have Anthropic's shape, errors of the platform Google's. */
export function isPlatformError(body: Buffer): boolean {
  return /"status"\s*:\s*"[A-Z_]+"/.test(body.toString('utf8'))
}

function isCount(path: string): boolean {
  return path.endsWith('/count_tokens')
}
