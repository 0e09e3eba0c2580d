// A name that goes to a provider unseen, because it looks like one of its models, may be mistyped. Where the provider says that there is
// no such model, the caller is told the nearest names that can be called, as for a name that is unknown here.
import { tryParseExact } from '../../../shared/json/exact.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import { didYouMean } from '../errors/error-table.ts'
import type { ForwardedError } from '../errors/forwarded-error.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import { nearestCallable } from '../request/model-access.ts'

/** The rejection with the nearest names behind the provider's words; the same one where it is about something else. `model` is
 *  `provider/model`, or a configured name, to which nothing is added: its caller has mistyped nothing. */
export function withNearestModels(
  told: ForwardedError,
  { snapshot, caller }: Pick<AuthenticatedRequest, 'snapshot' | 'caller'>,
  model: string,
): ForwardedError {
  const slash = model.indexOf('/')
  if (slash < 0 || snapshot.modelNames.includes(model)) return told
  const body = told.status === 404 || told.status === 400 ? errorWith(told) : undefined
  if (body === undefined || !meansUnknownModel(told.status, body.error)) return told
  const asked = model.slice(slash + 1)
  const nearest = nearestCallable(asked, { snapshot, caller }).filter((name) => name !== asked && name !== model)
  const said = body.error.message
  const message = `${said}${/[.!?]$/.test(said) ? '' : '.'} ${didYouMean(nearest)}`
  return { ...told, body: JSON.stringify({ ...body, error: { ...body.error, message } }) }
}

interface ToldError {
  readonly message: string
  readonly code?: unknown
}

function errorWith({ body }: ForwardedError): { readonly error: ToldError } | undefined {
  const value = tryParseExact(body.toString())
  if (!isObject(value) || !isObject(value['error']) || typeof value['error']['message'] !== 'string') return undefined
  return value as unknown as { readonly error: ToldError }
}

/** The words of OpenAI ("The model `x` does not exist"), Anthropic ("model: x"), Gemini ("models/x is not found"), Groq, Ollama, vLLM and
 *  Cohere in a 404; of Bedrock ("The provided model identifier is invalid"), DeepSeek ("Model Not Exist") and Mistral ("Invalid model: x")
 *  in a 400. */
function meansUnknownModel(status: number, { message, code }: ToldError): boolean {
  if (code === 'model_not_found' || code === 'DeploymentNotFound') return true
  if (status === 404) return /\b(models?|deployment)\b/i.test(message)
  return /\bmodel (not exist|does not exist|not found|identifier is invalid)|\b(invalid|unknown) model\b/i.test(message)
}
