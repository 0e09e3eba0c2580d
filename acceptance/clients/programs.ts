// Coding agents as docs/clients sets them up: base URL, key and a model.

export interface Program {
  readonly name: string
  /** Its page in docs/clients. */
  readonly page: string
  /** The program's npm package with its version. */
  readonly pkg: string
  /** The program's name in `node_modules/.bin`. */
  readonly bin: string
  /** The package's own step that puts its binary in place. */
  readonly after?: string
  /** Sends loopback through a proxy too, so it gets none. */
  readonly noProxy?: true
  args(prompt: string, model: string): readonly string[]
  env(base: string, key: string, model: string): Readonly<Record<string, string>>
  /** Below its home; `{{work}}` is the folder that it runs in. */
  files?(base: string, model: string): Readonly<Record<string, string>>
}

export const programs: readonly Program[] = [
  {
    name: 'Claude Code',
    page: 'claude-code.md',
    pkg: '@anthropic-ai/claude-code@2.1.197',
    bin: 'claude',
    after: 'install.cjs',
    args: (prompt) => ['-p', prompt, '--output-format', 'json', '--dangerously-skip-permissions'],
    env: (base, key, model) => ({ ANTHROPIC_BASE_URL: base, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model }),
  },
  {
    name: 'Codex',
    page: 'codex.md',
    pkg: '@openai/codex@0.171.0',
    bin: 'codex',
    args: (prompt, model) => [
      ...['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-m', model, prompt],
    ],
    env: (_base, key) => ({ HEADGATE_KEY: key }),
    files: (base) => ({ '.codex/config.toml': codexConfig(base) }),
  },
  {
    name: 'Gemini CLI',
    page: 'gemini-cli.md',
    pkg: '@google/gemini-cli@0.61.0',
    bin: 'gemini',
    noProxy: true,
    args: (prompt, model) => ['--yolo', '--output-format', 'json', '-m', model, '-p', prompt],
    env: (base, key) => ({ GEMINI_API_KEY: key, GOOGLE_GEMINI_BASE_URL: base, GEMINI_CLI_TRUST_WORKSPACE: 'true' }),
    files: () => ({
      '.gemini/settings.json': JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' } },
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false },
      }),
    }),
  },
  {
    name: 'opencode',
    page: 'opencode.md',
    pkg: 'opencode-ai@1.18.33',
    bin: 'opencode',
    after: 'postinstall.mjs',
    args: (prompt, model) => ['run', '-m', `headgate/${model}`, prompt],
    env: (_base, key) => ({ HEADGATE_KEY: key }),
    files: (base, model) => ({ '.config/opencode/opencode.json': JSON.stringify(opencodeConfig(base, model)) }),
  },
  {
    name: 'Qwen Code',
    page: 'qwen-code.md',
    pkg: '@qwen-code/qwen-code@0.15.10',
    bin: 'qwen',
    noProxy: true,
    args: (prompt) => ['--auth-type', 'openai', '--yolo', '-p', prompt],
    env: (base, key, model) => ({ OPENAI_BASE_URL: `${base}/v1`, OPENAI_API_KEY: key, OPENAI_MODEL: model }),
    files: () => ({
      '.qwen/settings.json': JSON.stringify({
        privacy: { usageStatisticsEnabled: false },
        general: { enableAutoUpdate: false, disableAutoUpdate: true },
      }),
    }),
  },
]

function codexConfig(base: string): string {
  return `model_provider = "headgate"
check_for_update_on_startup = false

[model_providers.headgate]
name = "Headgate"
base_url = "${base}/v1"
env_key = "HEADGATE_KEY"
wire_api = "responses"

[analytics]
enabled = false

[projects."{{work}}"]
trust_level = "trusted"
`
}

function opencodeConfig(base: string, model: string) {
  const options = { baseURL: `${base}/v1`, apiKey: '{env:HEADGATE_KEY}' }
  return {
    autoupdate: false,
    share: 'disabled',
    enabled_providers: ['headgate'],
    provider: { headgate: { npm: '@ai-sdk/openai-compatible', name: 'Headgate', options, models: { [model]: {} } } },
  }
}
