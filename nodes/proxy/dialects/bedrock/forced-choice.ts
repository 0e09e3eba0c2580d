// Which models on Bedrock can be forced to call a tool. Sources: @aws-sdk/client-bedrock-runtime, `ToolChoice` ("tool … only supported by
// Anthropic Claude 3 and Amazon Nova models"). That Llama, Jamba, Titan and Command take `auto` alone is known from public reports.
import type { ToolChoice } from '../../../../shared/chat/tools.ts'

const neverForced = /llama|jamba|titan|command/
const byAnyAlone = /mistral|mixtral|ministral|pixtral|magistral/

export function canForce(model: string): boolean {
  return !neverForced.test(model)
}

export function isForced(choice: ToolChoice | undefined): boolean {
  return choice?.type === 'tool' || choice?.type === 'required' || (choice?.type === 'allowed' && choice.required)
}

/** A model that cannot be told which tool is offered that tool alone. */
export function fittingChoice(choice: ToolChoice | undefined, model: string): ToolChoice | undefined {
  if (choice?.type !== 'tool' || !byAnyAlone.test(model)) return choice
  return { type: 'allowed', names: [choice.name], required: true }
}
