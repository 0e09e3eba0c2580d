// How long an error asks to wait: in a member of its own, or in its words.
import type { Json, JsonObject } from '../../../../../shared/chat/parts.ts'
import { numberIn } from '../../../../../shared/json/exact.ts'
import { isObject } from '../body-reader.ts'

/** The wait in milliseconds that the body of an error names; undefined where it names none. `message` is the error's text. */
export function statedWaitMs(body: JsonObject, message: string): number | undefined {
  const error = isObject(body['error']) ? body['error'] : body
  return retryInfoMs(error) ?? memberMs(error) ?? memberMs(body) ?? wordedWaitMs(message)
}

// ── a member ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Google's delay: {"details": [{"@type": "…/google.rpc.RetryInfo", "retryDelay": "34.4s"}]}. Its OpenAI endpoint has it too. */
function retryInfoMs({ details }: JsonObject): number | undefined {
  if (!Array.isArray(details)) return undefined
  const delay = details.find((one) => isObject(one) && typeof one['retryDelay'] === 'string')
  return isObject(delay) ? durationMs(String(delay['retryDelay'])) : undefined
}

/** Members whose number is in seconds. Hugging Face's `estimated_time` is how long a model takes to load. */
const secondsMembers = ['retry_after', 'retryAfter', 'retry_after_seconds', 'estimated_time'] as const

function memberMs(error: JsonObject): number | undefined {
  const exact = amount(error['retry_after_ms'])
  if (exact !== undefined) return exact
  for (const name of secondsMembers) {
    const seconds = amount(error[name])
    if (seconds !== undefined) return Math.ceil(seconds * 1_000)
  }
  return isObject(error['metadata']) ? memberMs(error['metadata']) : undefined
}

function amount(value: Json): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : numberIn(value)
  return number !== undefined && number >= 0 && number < Number.POSITIVE_INFINITY ? number : undefined
}

// ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** "Please try again in 6m0s." (OpenAI, Groq), "Please retry after 26 seconds." (Azure), "Please retry in 26.66s." (Google). */
const waitWords =
  /\b(?:try(?:ing)? again|retry(?:ing)?|wait)\s{1,4}(?:in|after|for)\s{1,4}(?:about\s{1,4})?((?:[\d.]{1,20}\s{0,4}[a-zµ]{1,20}\s{0,4}){1,4})/i

function wordedWaitMs(message: string): number | undefined {
  const said = waitWords.exec(message)?.[1]
  return said === undefined ? undefined : durationMs(said)
}

const unitsMs: Readonly<Record<string, number>> = {
  d: 86_400_000,
  day: 86_400_000,
  h: 3_600_000,
  hour: 3_600_000,
  hr: 3_600_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  ms: 1,
  millisecond: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
}

const piece = /(\d+(?:\.\d+)?)\s*([a-zµ]+)/gi
/** A longer text is no duration. It may be of any length, and what `piece` takes of it grows with the square. */
const durationCharactersMax = 128

/** The milliseconds of a duration as Go writes it ("6m0s", "1.2s", "120ms"), or with words ("26 seconds"); undefined where it begins
 *  with no unit of time. */
export function durationMs(text: string): number | undefined {
  if (text.length > durationCharactersMax) return undefined
  let sum: number | undefined
  for (const [, count = '', unit = ''] of text.matchAll(piece)) {
    const ms = unitsMs[unit.toLowerCase()] ?? unitsMs[unit.toLowerCase().replace(/s$/, '')]
    if (ms === undefined) break
    sum = (sum ?? 0) + Number(count) * ms
  }
  return sum === undefined ? undefined : Math.ceil(sum)
}
