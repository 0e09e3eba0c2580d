// What a start prints for a person: plain lines, one fact each, and a command that answers. Each role tells what it has.
import type { Finding, Standing } from '../control/discovery.ts'
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
    ...wordsForNpm(options.environment),
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
  const { provider, standing } = finding
  const what = finding.type === 'provider-key' ? keyWords(finding) : `${provider} at ${finding.baseUrl}`
  if (finding.type === 'provider-key' && finding.lacks.length > 0) {
    return `${what} (with ${finding.lacks.join(' and ').replaceAll('|', ' or ')} it can become the provider ${provider})`
  }
  const told: Record<Standing, string> = {
    found: ` (\`npm start -- --auto\` makes it the provider ${provider})`,
    configured: `, configured as the provider ${provider}`,
    differs: ` (the provider ${provider} has another key or address and is unchanged: edit it in the console, or delete it)`,
    'own-key': ` is a key of a gateway, not of a provider, and makes no provider`,
    enabled: `, enabled as the provider ${provider}`,
    updated: `, the provider ${provider} is updated`,
    refused: `, no provider: ${finding.refusal}`,
  }
  return `${what}${told[standing]}`
}

/** The variable, and the host that its key is sent to where that is not the provider's own. */
function keyWords({ variable, baseUrl }: { readonly variable: string; readonly baseUrl: string | undefined }): string {
  if (baseUrl === undefined) return variable
  return `${variable} at ${URL.canParse(baseUrl) ? new URL(baseUrl).host : 'an address that is no URL'}`
}

/** Whether the provider is there, with the key or server that was found. */
function isThere({ standing }: Finding): boolean {
  return standing === 'configured' || standing === 'enabled' || standing === 'updated'
}

/** A line that names models of the providers that are there. */
function modelLines(findings: readonly Finding[]): string[] {
  const examples = findings.flatMap((found) => (isThere(found) && found.example !== undefined ? [found.example] : []))
  if (examples.length === 0) return []
  const names = [...new Set(examples)].join(', ')
  return [line('Models', `call them by name: ${names}, …; GET /v1/models lists them`)]
}

/** A hint for who wrote an option without the `--` that hands it on: npm keeps it, as a setting of its own. */
function wordsForNpm(environment: Run['options']['environment']): string[] {
  const kept = [
    ...(environment['npm_config_auto'] === 'true' ? ['--auto'] : []),
    ...(environment['npm_config_role'] === undefined ? [] : [`--role ${environment['npm_config_role']}`]),
  ]
  if (kept.length === 0) return []
  const words = kept.join(' ')
  return ['', `npm took ${words} for an option of its own. Write: npm start -- ${words}`]
}

/** A line for Claude Code, if a provider of Claude models is there. */
function claudeCodeLine(endpoint: string, { findings, demoKey }: ControlFacts): string | undefined {
  const hasClaude = findings.some((found) => isThere(found) && claudeProviders.includes(found.provider))
  if (!hasClaude || demoKey === undefined) return undefined
  return `ANTHROPIC_BASE_URL=${endpoint} ANTHROPIC_AUTH_TOKEN=${demoKey} claude`
}

const claudeProviders: readonly string[] = ['anthropic', 'bedrock']
