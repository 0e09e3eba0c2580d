// The settings of coding agents, as docs/clients has them.
import { literal, type Snippet, shell, type Target } from './snippet.ts'

export function agentSnippets(target: Target): readonly Snippet[] {
  const npm = (name: string) => `npm install -g ${name}`
  return [
    { id: 'claude-code', label: 'Claude Code', install: npm('@anthropic-ai/claude-code'), text: claudeCode(target) },
    { id: 'codex', label: 'Codex', install: npm('@openai/codex'), text: codex(target) },
    { id: 'gemini-cli', label: 'Gemini CLI', install: npm('@google/gemini-cli'), text: geminiCli(target) },
    { id: 'opencode', label: 'opencode', install: npm('opencode-ai'), text: opencode(target) },
    { id: 'qwen-code', label: 'Qwen Code', install: npm('@qwen-code/qwen-code'), text: qwenCode(target) },
  ]
}

function claudeCode({ endpoint, key, model }: Target): string {
  return [
    `export ANTHROPIC_BASE_URL=${shell(endpoint)}`,
    `export ANTHROPIC_AUTH_TOKEN=${shell(key)}`,
    `export ANTHROPIC_MODEL=${shell(model)}`,
    'claude',
  ].join('\n')
}

function codex({ endpoint, key, model }: Target): string {
  return `# ~/.codex/config.toml, and in the shell: export HEADGATE_KEY=${shell(key)}
model = ${literal(model)}
model_provider = "headgate"

[model_providers.headgate]
name = "Headgate"
base_url = ${literal(`${endpoint}/v1`)}
env_key = "HEADGATE_KEY"
wire_api = "responses"`
}

function geminiCli({ endpoint, key, model }: Target): string {
  return [
    `export GOOGLE_GEMINI_BASE_URL=${shell(endpoint)}`,
    `export GEMINI_API_KEY=${shell(key)}`,
    `gemini -m ${shell(model)}`,
  ].join('\n')
}

/** The file `opencode.json`. */
function opencode({ endpoint, key, model }: Target): string {
  const headgate = {
    npm: '@ai-sdk/openai-compatible',
    name: 'Headgate',
    options: { baseURL: `${endpoint}/v1`, apiKey: key },
    models: { [model]: {} },
  }
  const schema = 'https://opencode.ai/config.json'
  return JSON.stringify({ $schema: schema, model: `headgate/${model}`, provider: { headgate } }, undefined, 2)
}

function qwenCode({ endpoint, key, model }: Target): string {
  return [
    `export OPENAI_BASE_URL=${shell(`${endpoint}/v1`)}`,
    `export OPENAI_API_KEY=${shell(key)}`,
    `export OPENAI_MODEL=${shell(model)}`,
    'qwen --auth-type openai',
  ].join('\n')
}
