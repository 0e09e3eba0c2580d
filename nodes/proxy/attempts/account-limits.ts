// What Anthropic says of the limits of an account, for callers of its own API.
import { type CheckedLines, checkedLines } from '../http/checked-lines.ts'
import type { Operation } from '../operations/operation.ts'
import type { Translator } from '../translators/translator.ts'
import type { UpstreamHead } from '../upstream/upstream.ts'

const prefix = 'anthropic-ratelimit-'
/** Limits are numbers, times and words such as `allowed`. Anything else in such a header is not for callers. */
const limitPattern = /^\d[\w.:+-]{0,39}$|^[a-z_]{1,40}$/

/** What callers of Anthropic's API are told whose bytes pass through. */
export function accountLimitsFor(
  { translator, operation }: { readonly translator: Pick<Translator, 'passesThrough'>; readonly operation: Operation },
  head: UpstreamHead,
): CheckedLines | undefined {
  if (!translator.passesThrough || operation.errors !== 'anthropic') return undefined
  const limits = accountLimitsIn(head)
  return limits === undefined ? undefined : checkedLines(limits)
}

/** The names of the headers, each with its value behind it. */
export function accountLimitsIn(head: UpstreamHead): readonly string[] | undefined {
  const headers = head.headersLike?.(prefix)
  if (headers === undefined) return undefined
  const limits: string[] = []
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]]
    if (limitPattern.test(value)) limits.push(name, value)
  }
  return limits
}
