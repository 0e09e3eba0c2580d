// What an attempt sends: the credential that it shows, the header lines that come of it, and the request.
import type { Chance } from '../../../shared/clock.ts'
import { type Credential, credentialNamed, drawCredential } from '../providers/credential.ts'
import { jsonTypeLine, type Target } from '../providers/endpoint.ts'
import type { Timeouts } from '../routing/model-route.ts'
import type { Translator } from '../translators/translator.ts'
import type { UpstreamRequest } from '../upstream/upstream.ts'

/** The credential of an attempt. `pinned` names the one under which the upstream holds what the request speaks of. */
export function credentialFor(
  target: Target,
  translator: Translator,
  { pinned, nowMs, chance }: { pinned: string | undefined; nowMs: number; chance: Chance },
): Credential {
  return credentialNamed(target.credentials, pinned) ?? drawCredential(credentialsOf(target, translator), nowMs, chance)
}

/** The credentials to draw from. Where the translator names one that is not there, any is as good: the upstream will say what
 *  it does not know. */
function credentialsOf({ credentials }: Target, { credential }: Translator): readonly Credential[] {
  if (credential === undefined) return credentials
  const named = credentials.filter(({ name }) => name === credential)
  return named.length === 0 ? credentials : named
}

/** The header lines of a call; undefined while the credential cannot prove anything. */
export function headerLinesOf(credential: Credential, target: Target, translator: Translator): string | undefined {
  if (credential.sign === undefined) return typedLines(credential, translator) + translator.headerLines
  const proof = credential.sign({
    method: translator.method ?? 'POST',
    host: target.origin.host,
    path: translator.path,
    body: translator.body,
    bodyHash: translator.bodyHash,
  })
  return proof === undefined ? undefined : typedLines(credential, translator) + proof + translator.headerLines
}

/** A credential's lines are made for JSON, which nearly every body is. */
function typedLines({ headerLines }: Credential, { contentType }: Translator): string {
  return contentType === undefined
    ? headerLines
    : headerLines.replace(jsonTypeLine, () => (contentType === '' ? '' : `content-type: ${contentType}\r\n`))
}

/** What is sent to a target. */
export function requestFor(
  { translator, target, timeouts }: { translator: Translator; target: Target; timeouts: Timeouts },
  headerLines: string,
): UpstreamRequest {
  const { method = 'POST', path, body } = translator
  return { origin: target.origin, method, path, headerLines, body, connectTimeoutMs: timeouts.connectMs }
}
