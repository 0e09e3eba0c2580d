// `GET /v1beta/models` as Google's SDK reads it.
import { type Caller, mayUse } from '../../auth/callers.ts'
import type { Snapshot } from '../../snapshot/snapshot.ts'

const methods = ['generateContent', 'countTokens', 'embedContent']

export function geminiModelList(snapshot: Snapshot, caller: Caller): object {
  const names = snapshot.modelNames.filter((name) => mayUse(caller, name))
  return { models: names.map((name) => geminiModelListing(snapshot, name)) }
}

export function geminiModelListing(snapshot: Snapshot, name: string): object {
  const { contextTokensMax, outputTokensMax } = snapshot.routeOf(name)?.targets[0]?.target.facts ?? {}
  return {
    name: `models/${name}`,
    displayName: name,
    ...(contextTokensMax === undefined ? {} : { inputTokenLimit: contextTokensMax }),
    ...(outputTokensMax === undefined ? {} : { outputTokenLimit: outputTokensMax }),
    supportedGenerationMethods: methods,
  }
}
