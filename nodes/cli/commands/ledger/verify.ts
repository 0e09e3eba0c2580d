// `headgate ledger verify`: the proof of the ledger, of usage and of budgets, in one table.
import { usdText } from '../../../../shared/telemetry/answers/usd.ts'
import { type ExitCode, exitCode } from '../../exit-code.ts'
import { paint, printable, table } from '../../terminal.ts'
import { refused, type VerbContext } from '../../verb.ts'
import { type ProvenBudget, proveBudgets } from './budgets.ts'
import { type ProvenPartition, provePartition } from './partition.ts'

export async function verifyLedger(context: VerbContext): Promise<ExitCode> {
  const listed = await context.client.call({ path: '/ledger:verify' })
  if (!listed.ok) return refused(context, listed.error)
  const partitions: ProvenPartition[] = []
  for (const partition of listed.value['partitions'] as number[]) {
    const proven = await provePartition(context.client, partition)
    if (!proven.ok) return refused(context, proven.error)
    partitions.push(proven.value)
  }
  const budgets = await proveBudgets(context)
  if (!budgets.ok) return refused(context, budgets.error)
  const isProven = [...partitions, ...budgets.value].every(({ faults }) => faults.length === 0)
  if (context.json) context.terminal.out(JSON.stringify({ isProven, partitions, budgets: budgets.value }))
  else print(context, { partitions, budgets: budgets.value, isProven })
  return isProven ? exitCode.ok : exitCode.no
}

interface Proven {
  readonly partitions: readonly ProvenPartition[]
  readonly budgets: readonly ProvenBudget[]
  readonly isProven: boolean
}

function print({ terminal }: VerbContext, { partitions, budgets, isProven }: Proven): void {
  const shown = partitions.filter(({ events, compared, faults }) => events + compared + faults.length > 0)
  const rows = shown.map(({ partition, events, costNanoUsd, compared, digest, faults }) => [
    partition,
    events,
    usdText(BigInt(costNanoUsd)),
    compared,
    digest.slice(0, 16),
    verdictOf(faults),
  ])
  terminal.out(table(['partition', 'events', 'usd', 'usage sums', 'digest', 'verdict'], rows))
  if (budgets.length > 0) {
    const money = budgets.map(({ name, granted, spent, open, returned, ledger, faults, note }) => [
      ...[name, ...[granted, spent, open, returned, ledger].map((nanos) => usdText(BigInt(nanos)))],
      ...[verdictOf(faults), note],
    ])
    terminal.out('')
    terminal.out(table(['budget', 'granted', 'spent', 'open', 'returned', 'ledger', 'verdict', 'note'], money))
  }
  terminal.out('')
  for (const { partition, faults } of partitions) {
    for (const { type, message } of faults) terminal.out(printable(`partition ${partition}: ${type}: ${message}`))
  }
  for (const { name, faults } of budgets)
    for (const fault of faults) terminal.out(printable(`budget ${name}: ${fault}`))
  terminal.out(
    isProven ? paint(terminal, 'green', 'The ledger is proven.') : paint(terminal, 'red', 'The ledger is NOT proven.'),
  )
}

function verdictOf(faults: readonly unknown[]): string {
  return faults.length === 0 ? 'ok' : `${faults.length} faults`
}
