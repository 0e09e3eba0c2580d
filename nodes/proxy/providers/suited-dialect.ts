// The dialect that suits a request, where a server has several for one model.
import { effortOf } from '../../../shared/chat/effort.ts'
import type { ChatRequest } from '../../../shared/chat/request.ts'
import { openAiResponsesUpstream } from '../dialects/openai-responses/openai-responses.ts'
import type { Target } from './endpoint.ts'

/** GPT from 5.4 on: "Function tools with reasoning_effort are not supported in /v1/chat/completions. To use function tools, use
 *  /v1/responses or set reasoning_effort to 'none'"; from 5.6 on without a word of effort, too. */
const reasonsWithToolsElsewhere = /(^|\/)gpt-(5\.([4-9]|\d\d)|[6-9])/

export type SuitedTarget = Pick<Target, 'kind' | 'dialect' | 'speaks' | 'model'>

/** The target as a request that must be translated is told it. */
export function suitedTo<Suited extends SuitedTarget>(target: Suited, request: ChatRequest): Suited {
  return needsResponses(target, request) ? { ...target, dialect: openAiResponsesUpstream } : target
}

function needsResponses({ kind, dialect, speaks, model }: SuitedTarget, { tools, parameters }: ChatRequest): boolean {
  if (dialect.name !== 'openai-chat' || tools.length === 0 || !reasonsWithToolsElsewhere.test(model)) return false
  const { reasoning, n = 1 } = parameters
  const isOff = reasoning !== undefined && effortOf(reasoning) === 'none'
  return !isOff && n === 1 && (kind === 'azure' || (kind === 'openai' && speaks.has('openai-responses')))
}
