// Anthropic Messages: how much the model thinks. Older models take a token budget, newer ones an effort word. The
// budget is part of `max_tokens`, and a model that thinks cannot be forced to call a tool.
import type { ModelFacts } from '../../../../shared/chat/capabilities.ts'
import { budgetOf, effortOf, fittingEffort } from '../../../../shared/chat/effort.ts'
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Effort, ReasoningWish } from '../../../../shared/chat/request.ts'
import type { ToolChoice } from '../../../../shared/chat/tools.ts'

export interface Thinking {
  readonly on: boolean
  readonly maxTokens: number
  readonly member?: Json
  /** Goes into `output_config`. */
  readonly config?: { readonly effort: Effort } | undefined
  /** Whether reasoning was requested and cannot be provided, or not by the word that was asked. */
  readonly dropped: boolean
}

const budgetMin = 1_024
const budgetDefault = 8_192
/** The words of the current models, for a model whose words are unknown. */
const words: readonly Effort[] = ['low', 'medium', 'high', 'xhigh', 'max']

/** What `display` says, in the neutral words for `summary`. */
export const displays: Readonly<Partial<Record<string, string>>> = { summarized: 'auto', omitted: 'none' }

export interface ThinkingTarget {
  readonly model: string
  readonly facts: ModelFacts
  readonly outputTokensDefault: number
  /** Whether the last assistant turn calls tools but does not begin with signed reasoning. */
  readonly unsignedLoop: boolean
  /** Whether the last message is the assistant's: a model that thinks does not continue it. */
  readonly isBegun: boolean
}

export function printThinking(request: ChatRequest, target: ThinkingTarget): Thinking {
  const thinking = printAmount(request, target)
  const display = thinking.on ? displayOf(request, target.model) : undefined
  return display === undefined ? thinking : { ...thinking, member: { ...(thinking.member as JsonObject), display } }
}

/** Models that hide their thoughts unless they are asked for them (source: Anthropic's guide to extended thinking, "Controlling
 *  thinking display"). */
const hiding = /claude-(opus-4-[7-9]|mythos|fable|[a-z]+-[5-9])(?!\d)/
/** Models that are older than `display`. */
const withoutDisplay = /claude-(3|instant|v?2)/

/** How thoughts are to be shown; undefined where the model's own default holds. */
function displayOf({ parameters, dialect }: ChatRequest, model: string): 'summarized' | 'omitted' | undefined {
  const summary = parameters.reasoning?.summary
  if (summary === undefined || withoutDisplay.test(model)) return undefined
  if (summary === 'none') return 'omitted'
  return dialect === 'anthropic' || hiding.test(model) ? 'summarized' : undefined
}

function printAmount(
  request: ChatRequest,
  { facts, outputTokensDefault, unsignedLoop, isBegun }: ThinkingTarget,
): Thinking {
  const { parameters, toolChoice } = request
  const wish = parameters.reasoning
  const cap = parameters.maxOutputTokens ?? facts.outputTokensMax ?? outputTokensDefault
  if (wish === undefined) return { on: false, maxTokens: cap, dropped: false }
  const isAdaptive = facts.reasoning === 'adaptive'
  if (wish.effort === 'none' || wish.budgetTokens === 0) {
    return { on: false, maxTokens: cap, member: isAdaptive ? { type: 'disabled' } : undefined, dropped: false }
  }
  if (facts.reasoning === 'none' || isBegun || isForced(toolChoice)) return { on: false, maxTokens: cap, dropped: true }
  if (isAdaptive) return adaptive(wish, facts.efforts ?? words, cap)
  return unsignedLoop ? { on: false, maxTokens: cap, dropped: true } : budgeted(wish, parameters.maxOutputTokens, cap)
}

function isForced(choice: ToolChoice | undefined): boolean {
  return choice?.type === 'required' || choice?.type === 'tool' || (choice?.type === 'allowed' && choice.required)
}

function adaptive(wish: ReasoningWish, known: readonly Effort[], maxTokens: number): Thinking {
  const asked = effortOf(wish)
  const effort = asked === undefined ? undefined : fittingEffort(asked, known)
  const config = effort === undefined ? undefined : { effort }
  return {
    on: true,
    maxTokens,
    member: { type: 'adaptive' },
    config,
    dropped: wish.effort !== undefined && effort !== asked,
  }
}

function budgeted(wish: ReasoningWish, asked: number | undefined, cap: number): Thinking {
  const wanted = Math.max(budgetMin, budgetOf(wish) ?? budgetDefault)
  if (asked === undefined) {
    // Without a limit of the caller there is room for the whole budget and an answer after it.
    const maxTokens = cap > wanted ? cap : wanted + cap
    return { on: true, maxTokens, member: { type: 'enabled', budget_tokens: wanted }, dropped: false }
  }
  if (asked <= budgetMin) return { on: false, maxTokens: asked, dropped: true }
  // The answer keeps at least a quarter of the limit, unless the minimal budget takes more.
  const budget = Math.min(wanted, Math.max(budgetMin, Math.floor(asked * 0.75)))
  return { on: true, maxTokens: asked, member: { type: 'enabled', budget_tokens: budget }, dropped: false }
}
