// The `headgate` command: verbs and their options, nothing else. What they do stands in `commands/`, loaded when asked for,
// so that `start` does not carry the CLI's weight.
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { Clock } from '../../shared/clock.ts'
import { textOfFile } from '../../shared/text-file.ts'
import { AdminClient } from './admin-client.ts'
import type { ReplayOptions } from './commands/config-log.ts'
import type { ExportVerb } from './commands/ledger/export.ts'
import type { RepairVerb } from './commands/repair.ts'
import { type ExitCode, exitCode } from './exit-code.ts'
import { roles, type StartVerb } from './start-verb.ts'
import { type Environment, processTerminal, type Terminal } from './terminal.ts'
import type { VerbContext } from './verb.ts'
import { waitingClock } from './waiting-clock.ts'

export interface ProgramOptions {
  version: string
  start: (options: StartVerb) => Promise<void>
  environment?: Environment
  terminal?: Terminal
  fetch?: typeof fetch
  clock?: Clock
  signal?: AbortSignal
  /** Gets the exit code of each verb except `start`. */
  ended?: (code: ExitCode) => void
}

/** Parses `argv` (without node and script), runs the verb and gives its exit code; for `start`, when it has started. */
export async function runCli(argv: readonly string[], options: ProgramOptions): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok
  const program = buildProgram({ ...options, ended: (ended) => (code = ended) })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage
  }
}

export function buildProgram(options: ProgramOptions): Command {
  const program = new Command('headgate')
  const terminal = options.terminal ?? processTerminal()
  program
    .description('An event-sourced, distributed LLM gateway.')
    .version(options.version)
    .option('--json', 'one JSON value on stdout')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.err(text.trimEnd()),
    })
  const run = (verb: (context: VerbContext) => Promise<ExitCode>) => async () => {
    options.ended?.(await verb(contextOf(options, terminal, program.opts()['json'] === true)))
  }
  addStart(program, options)
  addReading(program, run)
  addDocuments(program, run)
  addKeys(program, run)
  addMasterKey(program, run)
  addLog(program, run)
  addLedger(program, run)
  return program
}

type Run = (verb: (context: VerbContext) => Promise<ExitCode>) => () => Promise<void>

function addStart(program: Command, options: ProgramOptions): void {
  program
    .command('start')
    .description('Start a node; without --role, everything in one process group')
    .addOption(new Option('--role <role>').choices(roles).default('all'))
    .option('--auto', 'enable the provider keys and local servers that are found', false)
    .action((given: StartVerb) => options.start({ role: given.role, auto: given.auto }))
}

function addReading(program: Command, run: Run): void {
  program
    .command('open')
    .description('Print a fresh one-time sign-in link to the console')
    .action(run(async (context) => (await import('./commands/open.ts')).open(context)))
  program
    .command('get <kind> [name]')
    .description('Show one resource, or all of a kind')
    .action((kind: string, name?: string) =>
      run(async (context) => (await import('./commands/get.ts')).get(context, kind, name))(),
    )
  program
    .command('status')
    .description('Readiness with its reasons, and every node')
    .action(run(async (context) => (await import('./commands/status.ts')).status(context)))
  program
    .command('logs')
    .description('The newest requests, metadata only')
    .option('-f, --follow', 'go on until interrupted')
    .option('-n, --limit <count>', 'how many to begin with', wholeNumber, '20')
    .action((given: { follow?: boolean; limit: string }) =>
      run(async (context) => (await import('./commands/logs.ts')).logs(context, given))(),
    )
  program
    .command('doctor')
    .description('Look for what keeps this installation from working')
    .action(run(async (context) => (await import('./commands/doctor.ts')).doctor(context, textOfFile)))
}

function addDocuments(program: Command, run: Run): void {
  const file = ['-f, --file <file>', 'the document', './headgate.yaml'] as const
  program
    .command('validate')
    .description('Check a document without a node: every problem, with line and column')
    .option(...file)
    .action((given: { file: string }) =>
      run(async (context) => (await import('./commands/documents.ts')).validate(context, given.file))(),
    )
  program
    .command('diff')
    .description('What applying a document would change')
    .option(...file)
    .option('--exit-code', 'exit with 1 when something would change')
    .action((given: { file: string; exitCode?: boolean }) =>
      run(async (context) => (await import('./commands/documents.ts')).diff(context, given))(),
    )
  program
    .command('apply')
    .description('Make the configuration what a document says')
    .option(...file)
    .option('--reason <text>', 'why, for the record')
    .action((given: { file: string; reason?: string }) =>
      run(async (context) => (await import('./commands/documents.ts')).apply(context, given))(),
    )
  program
    .command('export')
    .description('Print the configuration as a document; secrets are masked')
    .action(run(async (context) => (await import('./commands/documents.ts')).exportDocument(context)))
}

function addKeys(program: Command, run: Run): void {
  const keys = program.command('keys').description('Virtual keys')
  const verbs = () => import('./commands/keys.ts')
  keys
    .command('create <name>')
    .description('Make a key; its secret is printed once')
    .addOption(new Option('--team <name>', 'owner; without one, the team default').conflicts(['user', 'app']))
    .addOption(new Option('--user <name>', 'owner').conflicts(['team', 'app']))
    .addOption(new Option('--app <name>', 'owner').conflicts(['team', 'user']))
    .option('--models <names>', 'models it may call, separated by commas; without this, all')
    .option('--expires <time>', 'such as 2030-01-31T12:00:00Z')
    .option('--reason <text>', 'why, for the record')
    .action((name: string, given) => run(async (context) => (await verbs()).createKey(context, name, given))())
  keys
    .command('list')
    .description('Every key, without secrets')
    .action(run(async (context) => (await verbs()).listKeys(context)))
  keys
    .command('rotate <id>')
    .description('Give a key a new secret')
    .option('--overlap <duration>', 'how long the old secret still counts, such as 10m')
    .option('--reason <text>', 'why, for the record')
    .action((id: string, given) => run(async (context) => (await verbs()).rotateKey(context, id, given))())
  keys
    .command('revoke <id>')
    .description('End a key at once')
    .option('--reason <text>', 'why, for the record')
    .action((id: string, given) => run(async (context) => (await verbs()).revokeKey(context, id, given))())
}

function addMasterKey(program: Command, run: Run): void {
  const masterKey = program.command('master-key').description('The change of the master key')
  const verbs = () => import('./commands/master-key.ts')
  masterKey
    .command('status')
    .description('What a previous master key is still needed for')
    .action(run(async (context) => (await verbs()).masterKeyStatus(context)))
  masterKey
    .command('rewrap')
    .description('Wrap every data key under the current master key')
    .action(run(async (context) => (await verbs()).rewrapKeys(context)))
}

function addLog(program: Command, run: Run): void {
  const verbs = () => import('./commands/config-log.ts')
  const from = ['--from <copy>', 'a data folder, a log.sqlite, or `stream`; without this, the data folder'] as const
  program
    .command('replay')
    .description('Fold the configuration log to any revision, verifying every event, without a node')
    .option('--to <revision>', 'stop there', wholeNumber)
    .option('--diff <revision>', 'show what changed since', wholeNumber)
    .option(...from)
    .action((given: ReplayOptions) => run(async (context) => (await verbs()).replay(context, given))())
  const log = program.command('log').description('The configuration log itself')
  log
    .command('verify')
    .description('Check every event: chain and MACs; beside a copy also its high-water mark and last good copy')
    .option(...from)
    .option('--stream', 'the stream of the cluster: as --from stream')
    .action((given: { from?: string; stream?: boolean }) =>
      run(async (context) => (await verbs()).verify(context, given))(),
    )
  log
    .command('repair')
    .description(
      'Find the longest history that verifies, and make the stream and this copy hold it; the node must not run',
    )
    .option('--dry-run', 'only say what there is to do, which is also what happens without --yes')
    .addOption(new Option('--yes', 'do it').conflicts('dryRun'))
    .option('--from <copies...>', 'further copies, of other nodes')
    .option('--accept-loss', 'go on although acknowledged events are nowhere to be found')
    .addOption(
      new Option('--overrule <source>', 'where histories part, overwrite this one').choices(['stream', 'copy']),
    )
    .action((given: RepairVerb) =>
      run(async (context) => (await import('./commands/repair.ts')).repair(context, given))(),
    )
}

function addLedger(program: Command, run: Run): void {
  const ledger = program.command('ledger').description('The ledger of money')
  ledger
    .command('verify')
    .description('Prove the chain of every partition, that usage has the same sums, and that budgets conserve money')
    .action(run(async (context) => (await import('./commands/ledger/verify.ts')).verifyLedger(context)))
  ledger
    .command('export')
    .description('Print money events, the newest first')
    .option('--from <time>', 'of the requests, such as 2026-11-01T00:00:00Z')
    .option('--to <time>', 'before which the requests came')
    .addOption(new Option('--format <format>', 'json: an event a line').choices(['csv', 'json']).default('csv'))
    .action((given: ExportVerb) =>
      run(async (context) => (await import('./commands/ledger/export.ts')).exportLedger(context, given))(),
    )
}

function contextOf(options: ProgramOptions, terminal: Terminal, json: boolean): VerbContext {
  const environment = options.environment ?? process.env
  return {
    environment,
    terminal,
    json,
    client: new AdminClient(environment, options.fetch ?? fetch),
    clock: options.clock ?? waitingClock,
    signal: options.signal ?? new AbortController().signal,
  }
}

function wholeNumber(text: string): string {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return text
}
