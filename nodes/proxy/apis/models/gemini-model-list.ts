// `GET /v1beta/models` as Google's SDK reads it.
import type { KnownListing } from './known-listing.ts'

const methods = ['generateContent', 'countTokens', 'embedContent']

export function geminiModelList(known: readonly KnownListing[]): object {
  return { models: known.map(geminiModelListing) }
}

export function geminiModelListing({ name, facts }: KnownListing): object {
  const { contextTokensMax, outputTokensMax } = facts ?? {}
  return {
    name: `models/${name}`,
    displayName: name,
    ...(contextTokensMax === undefined ? {} : { inputTokenLimit: contextTokensMax }),
    ...(outputTokensMax === undefined ? {} : { outputTokenLimit: outputTokensMax }),
    supportedGenerationMethods: methods,
  }
}
