// Web search: an option of chat completions, and a tool of the Responses API. Deep research refuses to work without a tool of the kind.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { HostedTool } from '../../../../shared/chat/tools.ts'
import { isObject } from '../common/body-reader.ts'

/** The request with the tool in place of the option. `model` is the name at the provider. */
export function withWebSearch(request: ChatRequest, model: string): ChatRequest {
  const { web_search_options: options, ...extras } = request.extras
  if (request.dialect !== 'openai-chat' || !isObject(options)) return request
  return { ...request, extras, tools: [...request.tools, searchTool(options, model)] }
}

/** Source: openai 7.57, `WebSearchTool` and `ChatCompletionCreateParams.WebSearchOptions`; OpenAI's guide on deep research has the
 *  older name of the tool. */
function searchTool({ search_context_size, user_location: location }: JsonObject, model: string): HostedTool {
  const name = model.includes('deep-research') ? 'web_search_preview' : 'web_search'
  const value = { type: name, search_context_size, user_location: flatLocation(location) }
  return { type: 'hosted', dialect: 'openai-responses', name, value }
}

function flatLocation(location: Json): Json {
  const place = isObject(location) ? location['approximate'] : undefined
  return isObject(place) ? { type: 'approximate', ...place } : undefined
}
