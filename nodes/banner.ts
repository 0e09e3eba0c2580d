// What a start prints for a person: plain lines, one fact each, and a command that answers.

import type { Finding } from './control/discovery.ts'

export interface BannerFacts {
  readonly version: string
  readonly endpoint: string
  readonly consoleLink: string
  readonly adminToken: string | undefined
  readonly key: string | undefined
  readonly trouble: string | undefined
  /** What was found on this machine, one sentence each. */
  readonly findings: readonly string[]
}

export function banner(facts: BannerFacts): string {
  const lines = [
    '',
    `Headgate ${facts.version}`,
    '',
    `  Endpoint   ${facts.endpoint}/v1`,
    `  Console    ${facts.consoleLink}`,
    ...(facts.adminToken === undefined ? [] : [`  Admin      ${facts.adminToken}   (shown once: keep it)`]),
    ...(facts.key === undefined ? [] : [`  Key        ${facts.key}`]),
    ...(facts.trouble === undefined ? [] : ['', `  Trouble    ${facts.trouble}`]),
    ...(facts.findings.length === 0 ? [] : ['', ...facts.findings.map((finding) => `  Found      ${finding}`)]),
    ...(facts.key === undefined ? [] : ['', 'Try it:', '', curlLine(facts.endpoint, facts.key)]),
    '',
  ]
  return `${lines.join('\n')}\n`
}

function curlLine(endpoint: string, key: string): string {
  const body = JSON.stringify({ model: 'demo/echo', messages: [{ role: 'user', content: 'Hello, Headgate!' }] })
  return `curl -s ${endpoint}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '${body}'`
}

/** Names the variable, never its value. */
export function findingSentence(finding: Finding): string {
  const what = finding.type === 'provider-key' ? finding.variable : `${finding.name} at ${finding.baseUrl}`
  const provider = finding.type === 'provider-key' ? finding.provider : finding.name
  if (provider === undefined) return `${what} (its provider is not served by this version)`
  if (finding.enabled) return `${what}, enabled as the provider ${provider}`
  return `${what} (\`npm start -- --auto\` makes it the provider ${provider})`
}
