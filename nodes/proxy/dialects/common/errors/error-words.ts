// The words of an error, whatever its shape. Gateways, proxies and frameworks in front of a provider write errors of their own shapes:
// FastAPI's `detail`, problem+json (RFC 9457), AWS's `Message`, OAuth's `error_description`, Cloudflare's `errors`, plain text, pages.
import type { Json, JsonObject } from '../../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../../shared/json/exact.ts'
import { isObject } from '../body-reader.ts'

const wordsMax = 1_000
/** The bytes that are read of a body that is no JSON. */
const readBytesMax = 16_384

/** The words of the body of an error; '' where none are found. */
export function wordsOfBody(body: Buffer): string {
  const value = tryParseExact(body.toString('utf8'))
  return value === undefined ? textOfBody(body) : (wordsIn(value as Json) ?? '').slice(0, wordsMax)
}

/** The body as a text, whatever it is; of a page its title alone. */
export function textOfBody(body: Buffer): string {
  const text = body.toString('utf8', 0, Math.min(body.length, readBytesMax)).trim()
  return (/^<[!?a-z]/i.test(text) ? titleOf(text) : text).slice(0, wordsMax)
}

/** The object of an error; the first one of a list, as Google's streams and its OpenAI endpoint have it. Undefined for other bodies. */
export function errorObjectIn(body: Buffer): JsonObject | undefined {
  const value = tryParseExact(body.toString('utf8')) as Json
  const one = Array.isArray(value) ? value[0] : value
  return isObject(one) ? one : undefined
}

/** Members that hold words, or an object or a list with words. The first that has any counts. */
const members = [
  ...['error', 'message', 'Message', 'msg', 'detail', 'error_description', 'errors', 'error_message'],
  ...['errorMessage', 'originalMessage', 'base_resp', 'status_msg', 'reason', 'title'],
] as const

const depthMax = 4

/** The words of the JSON of an error; undefined where none are found. */
export function wordsIn(value: Json, depth = 0): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value
  if (depth > depthMax) return undefined
  if (Array.isArray(value)) return wordsInList(value, depth)
  if (!isObject(value)) return undefined
  for (const name of members) {
    const words = wordsIn(value[name], depth + 1)
    if (words !== undefined && !isOnlyCode(name, words, value)) return words
  }
  return undefined
}

/** OAuth's `error` is a code, and `error_description` has the words (RFC 6749, section 5.2). */
function isOnlyCode(name: string, words: string, { message, error_description: described }: JsonObject): boolean {
  return name === 'error' && !/\s/.test(words) && [message, described].some((one) => typeof one === 'string')
}

function wordsInList(list: readonly Json[], depth: number): string | undefined {
  const words = list.slice(0, 10).flatMap((one) => placed(one, wordsIn(one, depth + 1)) ?? [])
  return words.length === 0 ? undefined : words.join('; ')
}

/** The words of an entry of FastAPI's `detail`, behind the place that they are about. */
function placed(one: Json, words: string | undefined): string | undefined {
  if (words === undefined || !isObject(one) || !Array.isArray(one['loc'])) return words
  return `${one['loc'].join('.')}: ${words}`
}

/** The title of a page for people, which says what happened; the rest may tell of the insides of a network. */
function titleOf(page: string): string {
  const title = /<title[^<>]{0,200}>([^<]{1,200})<\/title>/i.exec(page)?.[1] ?? ''
  return title.replace(/\s+/g, ' ').trim()
}
