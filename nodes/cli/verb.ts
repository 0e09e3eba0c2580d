// What every verb is given and gives back. Verbs return an exit code and write through the terminal: nothing here touches
// `process`, so that tests run them in-process.
import type { Clock } from '../../shared/clock.ts'
import type { AdminClient, Refusal } from './admin-client.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import { type Environment, paint, printable, type Terminal } from './terminal.ts'

export interface VerbContext {
  environment: Environment
  terminal: Terminal
  client: AdminClient
  clock: Clock
  /** Whether stdout gets one JSON value instead of text for people. */
  json: boolean
  /** Ends the verbs that would go on for ever. */
  signal: AbortSignal
}

/** JSON as asked for, else what `text` makes of it. */
export function show(context: VerbContext, value: unknown, text: () => string): ExitCode {
  context.terminal.out(context.json ? JSON.stringify(value) : text())
  return exitCode.ok
}

export function refused(context: VerbContext, refusal: Refusal): ExitCode {
  if (context.json) {
    const { message, problems } = refusal
    context.terminal.out(JSON.stringify({ error: message, ...(problems === undefined ? {} : { problems }) }))
    return refusal.code
  }
  context.terminal.err(paint(context.terminal, 'red', printable(refusal.message)))
  for (const problem of refusal.problems ?? []) {
    const at = problem.line === undefined ? '' : `${problem.line}:${problem.column ?? 1} `
    const path = problem.path === '' ? '' : `${problem.path}: `
    context.terminal.err(`  ${at}${printable(`${path}${problem.message}`)}`)
  }
  return refusal.code
}
