// What a conformance run found, as a page: who asked whom, and what held.
import type { Inbound } from './kinds.ts'

export interface Finding {
  readonly inbound: Inbound
  readonly kind: string
  readonly name: string
  readonly held: boolean
  /** In place of an answer: what the caller is told. */
  readonly refusal?: string
}

/** Begins the name of a case that plays a recording. */
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

Made by \`npm test -- acceptance/conformance\`, which fails when this page is not what it finds. Callers are the SDKs that their makers
wrote. Behind the gateway stands a server that answers in each provider's own words: answers that were recorded of them
(\`../shared/data/provider-recordings\`), and small ones written by hand. A number is that of the cases that held.

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
  const list = `## Recordings\n\n| provider | played as its answers |\n| --- | --- |\n${played}`
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

const legend = `✓ held · ✗ did not · – does not apply. Text in a cell is the documented
refusal that the caller gets, which was checked. A recording holds when whole or streamed text and calls are what the recording says,
read by hand, and every call has an id of its own; where the answer is translated, its thoughts and token counts as well. “An odd
parameter is honoured or named” means that it reached the upstream or stands in \`x-headgate-dropped-params\`. Whole answers of
OpenAI's routes are checked against OpenAI's description of its API where they are translated. Two things are not looked at for
\`generateContent\`: the time to wait, as Google's SDK shows no headers of errors, and the ids of calls, which Google does not need.
`

function cell(findings: readonly Finding[]): string {
  const refusal = findings.length === 1 ? findings[0]?.refusal : undefined
  return refusal !== undefined && findings[0]?.held === true ? `refused: ${refusal}` : count(findings)
}

function mark(findings: readonly Finding[], name: string): string {
  const found = findings.find((finding) => finding.name === name)
  if (found === undefined) return '–'
  return found.held ? (found.refusal ?? '✓') : '✗'
}

function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  return [names, names.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')
}
