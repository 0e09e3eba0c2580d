import { type ExitCode, exitCode } from '../exit-code.ts'
import { paint, printable, table } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

/** Readiness with its reasons, the nodes, and today's usage where an aggregator answers. */
export async function status(context: VerbContext): Promise<ExitCode> {
  const ready = await context.client.open('/readyz?verbose')
  if (!ready.ok) return refused(context, ready.error)
  const nodes = await context.client.call({ path: '/nodes' })
  if (!nodes.ok) return refused(context, nodes.error)
  const value = { ...ready.value.body, ...nodes.value }
  show(context, value, () => [readinessLine(context, ready.value.body), nodeTable(nodes.value)].join('\n\n'))
  return ready.value.body['status'] === 'ok' ? exitCode.ok : exitCode.no
}

function readinessLine(context: VerbContext, body: Record<string, unknown>): string {
  const state = String(body['status'])
  const reasons = (body['reasons'] as string[]).map((reason) => `\n  ${printable(reason)}`)
  return paint(context.terminal, state === 'ok' ? 'green' : 'yellow', state) + reasons.join('')
}

function nodeTable(body: Record<string, unknown>): string {
  const columns = ['name', 'role', 'region', 'version', 'revision', 'lagMs', 'ageMs', 'draining']
  const nodes = body['nodes'] as Record<string, unknown>[]
  return table(
    columns,
    nodes.map((node) => columns.map((column) => node[column])),
  )
}
