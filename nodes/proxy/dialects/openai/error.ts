// Error bodies of OpenAI and of compatible servers: {"error": {"message", "type", "param", "code"}}, and variants of
// it.
import type { ChatError } from '../../../../shared/chat/error.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { numberIn } from '../../../../shared/json/exact.ts'
import { isFailureWord } from '../common/answers/finish-words.ts'
import { isObject, saidIn } from '../common/body-reader.ts'
import { errorObjectIn, wordsIn, wordsOfBody } from '../common/errors/error-words.ts'
import { googleErrorKind } from '../common/errors/google-errors.ts'
import { statedWaitMs } from '../common/errors/stated-wait.ts'
import { kindOfError } from './error-codes.ts'

export function parseOpenAiError(status: number, body: Buffer): ChatError {
  return readOpenAiError(status, errorObjectIn(body) ?? {}, wordsOfBody(body))
}

/** The error that an answer has instead of a result: at its top, in one of its choices, or as the status of a response. */
export function errorWithin(body: JsonObject): JsonObject | string | undefined {
  const { error, choices, status } = body
  if (isSaid(error)) return error
  if (Array.isArray(choices)) {
    for (const choice of choices) {
      const failed = isObject(choice) ? errorInChoice(choice) : undefined
      if (failed !== undefined) return failed
    }
  }
  return status === 'failed' ? 'The upstream did not complete its answer.' : bareError(body)
}

/** An error without a member for it: vLLM's and SGLang's `{"object": "error", "message"}`, DashScope's `{"code", "message"}`,
 *  FastAPI's `{"detail"}`, and the status of MiniMax. */
function bareError(body: JsonObject): JsonObject | undefined {
  const { object, base_resp: status } = body
  if (object === 'error') return body
  if (isObject(status) && typeof status['status_code'] === 'number' && status['status_code'] !== 0) return status
  if (answerMembers.some((name) => body[name] !== undefined)) return undefined
  return saidIn(body['message']) === undefined && saidIn(body['detail']) === undefined ? undefined : body
}

/** Members of answers: where one is, words beside it are no error. */
const answerMembers = ['id', 'choices', 'output', 'data', 'usage', 'response', 'embeddings', 'results'] as const

function errorInChoice({ error, finish_reason: reason }: JsonObject): JsonObject | string | undefined {
  if (isSaid(error)) return error
  return isFailureWord(reason) ? `The upstream broke off its answer (${String(reason)}).` : undefined
}

/** An error is said when it is not empty: empty, null and absent errors are one. */
function isSaid(error: Json): error is JsonObject | string {
  return isObject(error) ? Object.keys(error).length > 0 : typeof error === 'string' && error !== ''
}

/** `words`: the text of the error, where the body has it in a place of its own. */
export function readOpenAiError(answered: number, body: JsonObject, words = ''): ChatError {
  const inner = errorWithin(body) ?? body
  if (typeof inner === 'string') return readTextError(answered, body, inner)
  const status = meantStatus(answered, inner['code'])
  const told = wordsIn(inner) ?? wordsIn(body) ?? words
  const hosts = hostsWords(told, inner['metadata'])
  const message = hosts === undefined ? told : `${told}: ${hosts}`
  const names = [inner['code'], inner['type'], inner['status']].flatMap((one) => textOf(one) ?? [])
  const param = textOf(inner['param'])
  return {
    kind:
      googleErrorKind(inner, message) ??
      flaggedKind(inner) ??
      kindOfError({ status, words: names, message: hosts ?? told, namesMember: param !== undefined }),
    message,
    code: names[0],
    param,
    retryAfterMs: statedWaitMs(body, message),
  }
}

/** OpenRouter says no more than that a host failed, and puts what that host said beside it. */
function hostsWords(message: string, metadata: Json): string | undefined {
  const raw = isObject(metadata) ? saidIn(metadata['raw']) : undefined
  return raw === undefined || message !== 'Provider returned error' ? undefined : wordsOfBody(Buffer.from(raw))
}

/** An error that is a text; some hosts have its code beside it. */
function readTextError(status: number, body: JsonObject, error: string): ChatError {
  const words = ['code', 'type'].flatMap((name) => textOf(body[name]) ?? [])
  const message = wordsIn(body) ?? error
  const kind = kindOfError({ status, words: [error, ...words], message, namesMember: false })
  return { kind, message, retryAfterMs: statedWaitMs(body, message) }
}

/** OpenRouter's 403 for an input that its moderation flagged: no credential would change it. */
function flaggedKind({ metadata }: JsonObject): 'content-policy' | undefined {
  return isObject(metadata) && metadata['flagged_input'] !== undefined ? 'content-policy' : undefined
}

/** Hosts that pass on the error of another host tell its status as the code, as a number or (Azure) as digits. */
function meantStatus(status: number, code: Json): number {
  const meant = Number(typeof code === 'string' && /^\d{3}$/.test(code) ? code : (numberIn(code) ?? 0))
  return (status === 500 || status === 400) && meant >= 400 && meant <= 599 ? meant : status
}

function textOf(value: Json): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
