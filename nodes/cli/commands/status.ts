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
  const nodes = body['nodes'] as NodeRow[]
  const rows = nodes.map((node) => [...columns.map((column) => node[column]), ...stateCells(node)])
  const troubles = nodes.flatMap(({ name, troubles = [] }) => troubles.map((why) => `  ${name}: ${why}`))
  const told = troubles.length === 0 ? '' : `\n\n${troubles.map(printable).join('\n')}`
  return table([...columns, 'nats', 'open', 'state'], rows) + told
}

interface NodeRow extends Record<string, unknown> {
  name: string
  troubles?: string[]
  load?: { openRequests?: number }
  link?: { connected: boolean }
}

const columns = ['name', 'role', 'region', 'version', 'revision', 'lagMs', 'ageMs'] as const

function stateCells({ link, load, draining, agrees, troubles = [] }: NodeRow): unknown[] {
  const nats = link === undefined ? '' : link.connected ? 'connected' : 'away'
  const state =
    agrees === false ? 'disagrees' : draining === true ? 'draining' : troubles.length > 0 ? 'degraded' : 'ok'
  return [nats, load?.openRequests, state]
}
