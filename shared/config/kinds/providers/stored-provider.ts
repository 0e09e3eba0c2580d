import { storedBaseUrl } from './base-url.ts'
import type { ProviderKind } from './spec.ts'
import { type WellKnownName, wellKnownBaseUrl } from './well-known.ts'

interface Written {
  kind: ProviderKind | WellKnownName
  baseUrl?: string
  apiVersion?: string
}

/** A provider as it is stored, whichever way it was written: equal providers are equal specs, and an apply of the same document
 *  changes nothing. */
export function storedProvider<Spec extends Written>(spec: Spec): Omit<Spec, 'kind'> & { kind: ProviderKind } {
  const { kind: name, baseUrl: _, ...rest } = spec
  const known = wellKnownBaseUrl(name)
  const kind = known === undefined ? (name as ProviderKind) : 'openai'
  const baseUrl = spec.baseUrl ?? known
  const stored = {
    kind,
    ...(baseUrl === undefined ? {} : { baseUrl: storedBaseUrl(kind, baseUrl) }),
    ...rest,
    ...(isAzureVersion1(spec) ? { apiVersion: 'v1' } : {}),
  }
  return stored as unknown as Omit<Spec, 'kind'> & { kind: ProviderKind } // the same fields, in the order of the schema
}

/** Azure shows the base URL of its undated API with the path of that API. */
function isAzureVersion1({ kind, baseUrl, apiVersion }: Written): boolean {
  return kind === 'azure' && apiVersion === undefined && /\/openai\/v1\/*$/.test(baseUrl ?? '')
}
