// What a start prints for a person: plain lines, one fact each, and a command that answers. Each role tells what it has.
import type { Finding } from '../control/discovery.ts'
import { publicUrls } from '../control/public-urls.ts'
import type { Run } from './run.ts'
import type { ControlFacts } from './threads/worker-messages.ts'

export interface BannerFacts {
  readonly run: Pick<Run, 'options' | 'settings' | 'plan' | 'node'>
  readonly proxy: { readonly port: number } | undefined
  readonly control: ControlFacts | undefined
}

export function bannerOf({ run, proxy, control }: BannerFacts): string {
  const { options, settings, plan, node } = run
  const ports = { ...settings, port: proxy?.port ?? settings.port }
  const { dataEndpoint } = publicUrls(ports, () => control?.port ?? settings.controlPort)
  const facts: [label: string, value: string | undefined][] = [
    ['Node', options.role === 'all' ? undefined : `${node} (${options.role})`],
    ['Endpoint', proxy && `${dataEndpoint}/v1`],
    ['Console', control?.signInLink],
    ['Admin', control?.adminToken && `${control.adminToken}   (shown once: keep it)`],
    ['Key', control?.demoKey],
    ['Ops', plan.opsPort === undefined ? undefined : `http://${settings.host}:${plan.opsPort}`],
    ['NATS', settings.nats?.servers.join(', ')],
  ]
  const findings = control?.findings.map((finding) => line('Found', findingSentence(finding))) ?? []
  const curl =
    proxy !== undefined && control?.demoKey !== undefined ? curlLine(dataEndpoint, control.demoKey) : undefined
  const models = modelLines(control?.findings ?? [])
  const claude = proxy && control && claudeCodeLine(dataEndpoint, control)
  const lines = [
    ...['', `Headgate ${options.version}`, ''],
    ...facts.flatMap(([label, value]) => (value === undefined ? [] : [line(label, value)])),
    ...(findings.length === 0 ? [] : ['', ...findings, ...models]),
    ...(claude === undefined ? [] : ['', 'Claude Code:', '', claude]),
    ...(curl === undefined ? [] : ['', 'Try it:', '', curl]),
    '',
  ]
  return `${lines.join('\n')}\n`
}

export function curlLine(endpoint: string, key: string): string {
  const body = JSON.stringify({ model: 'demo/echo', messages: [{ role: 'user', content: 'Hello, Headgate!' }] })
  return `curl -s ${endpoint}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`
}

function line(label: string, value: string): string {
  return `  ${label.padEnd(11)}${value}`
}

/** Names the variable, never its value. */
function findingSentence(finding: Finding): string {
  const { provider, enabled } = finding
  const what = finding.type === 'provider-key' ? finding.variable : `${provider} at ${finding.baseUrl}`
  if (finding.type === 'provider-key' && finding.lacks.length > 0) {
    return `${what} (with ${finding.lacks.join(' and ').replaceAll('|', ' or ')} it can become the provider ${provider})`
  }
  if (enabled) return `${what}, enabled as the provider ${provider}`
  return `${what} (\`npm start -- --auto\` makes it the provider ${provider})`
}

/** A line that names models of the enabled providers. */
function modelLines(findings: readonly Finding[]): string[] {
  const examples = findings.flatMap(({ enabled, example }) => (enabled && example !== undefined ? [example] : []))
  if (examples.length === 0) return []
  const names = [...new Set(examples)].join(', ')
  return [line('Models', `call them by name: ${names}, …; GET /v1/models lists them`)]
}

/** A line for Claude Code, if a provider of Claude models was enabled. */
function claudeCodeLine(endpoint: string, { findings, demoKey }: ControlFacts): string | undefined {
  const hasClaude = findings.some(({ enabled, provider }) => enabled && claudeProviders.includes(provider))
  if (!hasClaude || demoKey === undefined) return undefined
  return `ANTHROPIC_BASE_URL=${endpoint} ANTHROPIC_AUTH_TOKEN=${demoKey} claude`
}

const claudeProviders: readonly string[] = ['anthropic', 'bedrock']
