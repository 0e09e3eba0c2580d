// The change of the master key.
import { type ExitCode, exitCode } from '../exit-code.ts'
import { paint, printable, table } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

interface Standing extends Record<string, unknown> {
  current: string
  accepted: string[]
  dataKeys: { total: number; left: number }
  eventsLeftUpTo: number
  nodesBehind: string[]
  isDone: boolean
  rewrapped?: number
}

export async function masterKeyStatus(context: VerbContext): Promise<ExitCode> {
  return shown(context, await context.client.call({ path: '/master-key' }))
}

export async function rewrapKeys(context: VerbContext): Promise<ExitCode> {
  return shown(context, await context.client.call({ method: 'POST', path: '/master-key:rewrap' }))
}

function shown(context: VerbContext, answer: Awaited<ReturnType<VerbContext['client']['call']>>): ExitCode {
  if (!answer.ok) return refused(context, answer.error)
  const standing = answer.value as Standing
  show(context, standing, () => [table(['', ''], rowsOf(standing)).trim(), conclusion(context, standing)].join('\n'))
  return standing.isDone ? exitCode.ok : exitCode.no
}

function rowsOf({ current, accepted, dataKeys, eventsLeftUpTo, nodesBehind, rewrapped }: Standing): unknown[][] {
  return [
    ['master key', current],
    ['accepted beside it', accepted.join(', ') || 'none'],
    ...(rewrapped === undefined ? [] : [['data keys rewrapped now', rewrapped]]),
    ['data keys left', `${dataKeys.left} of ${dataKeys.total}`],
    ['events left', eventsLeftUpTo === 0 ? 'none' : `up to revision ${eventsLeftUpTo}`],
    ['nodes with another key', nodesBehind.map(printable).join(', ') || 'none'],
  ]
}

function conclusion({ terminal }: VerbContext, { isDone, accepted }: Standing): string {
  if (!isDone) return paint(terminal, 'yellow', 'the accepted keys are still needed')
  if (accepted.length === 0) return paint(terminal, 'green', 'everything is under this key')
  return paint(terminal, 'green', 'data keys and log need no accepted key any more')
}
