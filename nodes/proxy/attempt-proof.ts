// With what an attempt shows an upstream who asks: which credential, and the header lines that come of it.
import type { Chance } from '../../shared/clock.ts'
import type { Leg } from './leg.ts'
import { type Credential, credentialNamed, drawCredential } from './providers/credential.ts'
import { type Endpoint, jsonTypeLine } from './providers/endpoint.ts'

/** `pinned`: the name of the credential under which the upstream holds what the request speaks of. */
export function credentialFor(
  endpoint: Endpoint,
  leg: Leg,
  { pinned, nowMs, chance }: { pinned: string | undefined; nowMs: number; chance: Chance },
): Credential {
  return credentialNamed(endpoint.credentials, pinned) ?? drawCredential(credentialsOf(endpoint, leg), nowMs, chance)
}

/** Where the leg names none that is there, any is as good: the upstream will say what it does not know. */
function credentialsOf({ credentials }: Endpoint, { credential }: Leg): readonly Credential[] {
  if (credential === undefined) return credentials
  const named = credentials.filter(({ name }) => name === credential)
  return named.length === 0 ? credentials : named
}

/** The header lines of a call; undefined while the credential cannot prove anything. */
export function headerLinesOf(credential: Credential, endpoint: Endpoint, leg: Leg): string | undefined {
  if (credential.prove === undefined) return typedLines(credential, leg) + leg.headerLines
  const proof = credential.prove({
    method: leg.method ?? 'POST',
    host: endpoint.origin.host,
    path: leg.path,
    body: leg.body,
  })
  return proof === undefined ? undefined : typedLines(credential, leg) + proof + leg.headerLines
}

/** A credential's lines are made for JSON, which nearly every body is. */
function typedLines({ headerLines }: Credential, { contentType }: Leg): string {
  return contentType === undefined
    ? headerLines
    : headerLines.replace(jsonTypeLine, () => (contentType === '' ? '' : `content-type: ${contentType}\r\n`))
}
