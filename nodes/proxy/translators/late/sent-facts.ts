// What is kept of a request until its answer, on its way between processes: members of the body as JSON, because numbers beyond a double's
// precision are no plain data, and only as many as an answer repeats without holding others up.
import type { JsonObject } from '../../../../shared/chat/parts.ts'
import { parseExact } from '../../../../shared/json/exact.ts'
import { done, fail, type Result } from '../../../../shared/result.ts'
import type { AskedFacts } from '../../dialects/dialect.ts'
import type { Unreadable } from '../../errors/gateway-error.ts'

export type SentFacts = Omit<AskedFacts, 'echo'> & { readonly echo: string | undefined }

/** The characters that an answer repeats of its request. A stream of the Responses API has them three times. */
export const repeatedCharactersMax = 256 << 10

/** Members that are too long to be repeated are left out; a prompt that is has to be refused. */
export function sentFacts(facts: AskedFacts): Result<SentFacts, Unreadable> {
  const { legacyFunctions, groupedTools, reasoning, serviceTier, prompt, echo } = facts
  if (prompt !== undefined && prompt.length > repeatedCharactersMax) {
    const message = `cannot repeat a prompt of more than ${repeatedCharactersMax >> 10} KiB`
    return fail({ type: 'unreadable', path: 'echo', message })
  }
  const text = echo === undefined ? undefined : shortened(echo)
  return done({ legacyFunctions, groupedTools, reasoning, serviceTier, prompt, echo: text })
}

export function receivedFacts(facts: SentFacts): AskedFacts {
  const { legacyFunctions, groupedTools, reasoning, serviceTier, prompt, echo } = facts
  const members = echo === undefined ? undefined : (parseExact(echo) as JsonObject)
  return { legacyFunctions, groupedTools, reasoning, serviceTier, prompt, echo: members }
}

/** The members as JSON, without the longest ones where all are too long together. */
function shortened(echo: JsonObject): string {
  const members = Object.entries(echo).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
  members.sort((a, b) => a.length - b.length)
  let left = repeatedCharactersMax
  const kept = members.filter((member) => {
    left -= member.length
    return left >= 0
  })
  return `{${kept.join(',')}}`
}
