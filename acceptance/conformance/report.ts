// Prints the results of a conformance run as the page docs/conformance.md.
import type { Inbound } from './kinds.ts'

export interface Finding {
  readonly inbound: Inbound
  readonly kind: string
  readonly name: string
  readonly held: boolean
  /** The documented error that the caller receives instead of an answer. */
  readonly error?: string
}

/** Prefix of the names of cases that play a recording. */
export const recordedPrefix = 'recorded: '

const callers: Readonly<Record<Inbound, string>> = {
  chat: '`openai`: `chat.completions`',
  completions: '`openai`: `completions`',
  responses: '`openai`: `responses`',
  messages: '`@anthropic-ai/sdk`: `messages`',
  generateContent: '`@google/genai`: `generateContent`',
  embeddings: '`openai`: `embeddings`',
}

const head = `# Conformance

\`npm test -- acceptance/conformance\` writes this page, and fails when the results differ from it. The callers are the official SDKs. The
upstream is a server that answers in the format of each provider, with answers that were recorded from the providers
(\`../shared/data/provider-recordings\`) and with small handwritten ones. The numbers are passed cases of all cases.

`

export function report(findings: readonly Finding[], kinds: readonly string[], inbounds: readonly Inbound[]): string {
  const of = (inbound: Inbound, kind?: string) =>
    findings.filter((finding) => finding.inbound === inbound && (kind === undefined || finding.kind === kind))
  const matrix = table(
    ['caller', ...kinds.map((kind) => `\`${kind}\``)],
    inbounds.map((inbound) => [callers[inbound], ...kinds.map((kind) => cell(of(inbound, kind)))]),
  )
  const details = inbounds.map((inbound) => {
    const written = of(inbound).filter((finding) => !isRecorded(finding))
    const names = [...new Set(written.map(({ name }) => name))]
    const rows = names.map((name) => [name, ...kinds.map((kind) => mark(of(inbound, kind), name))])
    const recorded = kinds.map((kind) => count(of(inbound, kind).filter(isRecorded)))
    if (of(inbound).some(isRecorded)) rows.push(['recorded answers and streams', ...recorded])
    return `## ${inbound}\n\n${table(['case', ...kinds.map((kind) => `\`${kind}\``)], rows)}`
  })
  const played = kinds.map((kind) => `| \`${kind}\` | ${recordingsOf(findings, kind)} |\n`).join('')
  const list = `## Recordings\n\n| provider | recordings |\n| --- | --- |\n${played}`
  return `${head}${matrix}\n${details.join('\n')}\n${list}\n${legend}`
}

function isRecorded({ name }: Finding): boolean {
  return name.startsWith(recordedPrefix)
}

function recordingsOf(findings: readonly Finding[], kind: string): string {
  const own = findings.filter((finding) => finding.kind === kind && isRecorded(finding))
  const names = [...new Set(own.map(({ name }) => `\`${name.slice(recordedPrefix.length)}\``))]
  return names.sort().join(', ')
}

function count(findings: readonly Finding[]): string {
  return findings.length === 0 ? '–' : `${findings.filter(({ held }) => held).length}/${findings.length}`
}

const legend = `✓ passed · ✗ failed · – not applicable. Text in a cell is the documented error that the caller
receives, which the test verifies. A recording passes when its text and tool calls, whole or streamed, equal what a person read in the
recording, and every call has its own id. If the answer is translated, its reasoning and token counts must be equal too. “An unusual
parameter is sent or reported” means that it reached the upstream or is in \`x-headgate-dropped-params\`. Translated whole answers of
OpenAI's endpoints are validated against OpenAI's API description. Two checks are omitted for \`generateContent\`: the delay, because
Google's SDK does not expose headers of errors, and the ids of calls, which Google does not need.
`

function cell(findings: readonly Finding[]): string {
  const error = findings.length === 1 ? findings[0]?.error : undefined
  return error !== undefined && findings[0]?.held === true ? `error: ${error}` : count(findings)
}

function mark(findings: readonly Finding[], name: string): string {
  const found = findings.find((finding) => finding.name === name)
  if (found === undefined) return '–'
  return found.held ? (found.error ?? '✓') : '✗'
}

function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return [names, names.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')
}
