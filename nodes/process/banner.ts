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
  const lines = [
    ...['', `Headgate ${options.version}`, ''],
    ...facts.flatMap(([label, value]) => (value === undefined ? [] : [line(label, value)])),
    ...(findings.length === 0 ? [] : ['', ...findings]),
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
  const what = finding.type === 'provider-key' ? finding.variable : `${finding.name} at ${finding.baseUrl}`
  const provider = finding.type === 'provider-key' ? finding.provider : finding.name
  if (provider === undefined) return `${what} (its provider is not served by this version)`
  if (finding.enabled) return `${what}, enabled as the provider ${provider}`
  return `${what} (\`npm start -- --auto\` makes it the provider ${provider})`
}
