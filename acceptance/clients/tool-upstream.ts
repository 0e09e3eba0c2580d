// An upstream that other people wrote (aimock), scripted for agents: asked to `USETOOL`, it calls a tool that the client has, and then
// judges the result, which only a client that ran the tool can have.
import { type ChatCompletionRequest, LLMock, type ToolDefinition } from '@copilotkit/aimock'

export const said = 'Plain words from upstream.'
export const worked = 'The tool worked.'
export const sunny = 'sunny-in-Paris'

/** A shell command whose text does not contain what it prints. */
const command = 'printf scripted-%s-ran 42'
const proof = /scripted-42-ran|sunny-in-Paris/
const shellTools = /^(Bash|bash|exec_command|shell|shell_command|run_shell_command|get_weather)$/
/** A tool of one of Codex's groups, by whatever name it comes. */
const groupedTools = /close_agent$/

/** Started; whoever starts it stops it. Every request stays in its journal. */
export async function startToolUpstream(): Promise<LLMock> {
  const llm = new LLMock({ port: 0, journalMaxEntries: 0, chunkSize: 9 })
  llm.on({ predicate: (request) => wantedTool(request) !== undefined }, (request) => {
    const tool = wantedTool(request)
    return {
      toolCalls: [
        { name: tool?.name ?? '', arguments: JSON.stringify(argumentsOf(tool?.name ?? '', tool?.parameters)) },
      ],
    }
  })
  llm.on({ predicate: (request) => resultsOf(request).some((text) => proof.test(text)) }, { content: worked })
  llm.on(
    { predicate: ({ messages }) => /USEGROUP/.test(JSON.stringify(messages)) && !isRefused(messages) },
    { content: worked },
  )
  llm.onMessage(/.*/s, { content: said })
  await llm.start()
  return llm
}

function wantedTool({ messages, tools = [] }: ChatCompletionRequest): ToolDefinition['function'] | undefined {
  const asked = /USETOOL|USEGROUP/.exec(JSON.stringify(messages))?.[0]
  if (asked === undefined || messages.some(({ role }) => role === 'tool')) return undefined
  const wanted = asked === 'USETOOL' ? shellTools : groupedTools
  return tools.find(({ function: called }) => wanted.test(called.name))?.function
}

function resultsOf({ messages }: ChatCompletionRequest): string[] {
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => JSON.stringify(content))
}

/** Codex says so of a tool that it does not know. */
function isRefused(messages: ChatCompletionRequest['messages']): boolean {
  return messages.some(({ role, content }) => role === 'tool' && /unsupported/.test(JSON.stringify(content)))
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
}

const likelyNames: Readonly<Record<string, readonly string[]>> = { exec_command: ['cmd'], get_weather: ['city'] }
const likelyNamesDefault = ['command', 'description']

/** Arguments that a schema takes. */
function argumentsOf(name: string, schema: unknown): Record<string, unknown> {
  // aimock does not read what Gemini calls `parametersJsonSchema`.
  const { properties = {}, required = likelyNames[name] ?? likelyNamesDefault } = (schema ?? {}) as Schema
  return Object.fromEntries(required.map((one) => [one, sampleOf(one, properties[one] ?? {})]))
}

function sampleOf(name: string, { type }: Schema): unknown {
  const [kind] = [type ?? []].flat().map((one) => one.toLowerCase())
  if (/^(command|cmd)$/.test(name)) return kind === 'array' ? ['bash', '-lc', command] : command
  if (name === 'city') return 'Paris'
  return kind === 'boolean'
    ? false
    : kind === 'number' || kind === 'integer'
      ? 1
      : kind === 'array'
        ? []
        : `some ${name}`
}
