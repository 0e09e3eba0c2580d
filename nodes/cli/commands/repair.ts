// `headgate log repair`: says what is wrong with the log's stream and this node's copy, and mends it when it is told to.
import { existsSync } from 'node:fs'
import type { SourceReport } from '../../../cluster/config-log/repair/chain-track.ts'
import {
  type RepairOptions,
  type RepairReport,
  type RepairStep,
  repairLog,
} from '../../../cluster/config-log/repair/repair.ts'
import { JetStreamStream } from '../../../cluster/config-log/stream/jetstream-stream.ts'
import { openDataFolder } from '../../../cluster/data-folder/data-folder.ts'
import { openLogKeys } from '../../../cluster/secrets/log-keys.ts'
import { dataDirOf } from '../admin-client.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { copyPath, findMasterKeys } from '../log-source.ts'
import { connectToNats } from '../nats-connection.ts'
import { paint, printable } from '../terminal.ts'
import { refused, show, type VerbContext } from '../verb.ts'

export interface RepairVerb {
  /** Copies of other nodes: data folders, or their `log.sqlite`. */
  from?: string[]
  /** Do it; without it only what there is to do is said. */
  yes?: boolean
  acceptLoss?: boolean
  overrule?: 'stream' | 'copy'
}

export async function repair(context: VerbContext, verb: RepairVerb): Promise<ExitCode> {
  const path = dataDirOf(context.environment)
  if (!existsSync(path)) return refused(context, { code: exitCode.usage, message: `${path} does not exist` })
  const masterKeys = findMasterKeys(context)
  if (!masterKeys.ok) return refused(context, masterKeys.error)
  const [masterKey, ...previousMasterKeys] = masterKeys.value
  // The node must not run meanwhile: its lock is ours.
  const folder = openDataFolder({ path, masterKey, previousMasterKeys, embedded: true, pid: process.pid })
  if (!folder.ok) return refused(context, { code: exitCode.no, message: folder.error.message })
  try {
    return await withStream(context, async (stream) => {
      const { acceptLoss = false, overrule, from = [], yes = false } = verb
      const report = await repairLog({
        stream,
        files: folder.value.files,
        others: from.map(copyPath),
        macKey: openLogKeys(masterKeys.value, folder.value.files.dataKeys),
        clock: context.clock,
        isDry: !yes,
        acceptsLoss: acceptLoss,
        ...(overrule === undefined ? {} : { overrules: overrule }),
      })
      show(context, report, () => reportText(context, report))
      return codeOf[report.outcome.type]
    })
  } finally {
    folder.value.release()
  }
}

async function withStream(
  context: VerbContext,
  run: (stream: RepairOptions['stream']) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { HEADGATE_NATS_URL: url, HEADGATE_NATS_URL_FILE: file } = context.environment
  // Where the log is embedded there is no stream to look at.
  if (!url && !file) return run(undefined)
  const nats = await connectToNats(context)
  if (!nats.ok) return refused(context, nats.error)
  const stream = new JetStreamStream({ link: nats.value, clock: context.clock })
  try {
    return await run(stream)
  } finally {
    await stream.close()
    await nats.value.close()
  }
}

const codeOf: Record<RepairReport['outcome']['type'], ExitCode> = {
  intact: exitCode.ok,
  repaired: exitCode.ok,
  needed: exitCode.no,
  failed: exitCode.no,
  forked: exitCode.damaged,
  loss: exitCode.damaged,
  nothing: exitCode.damaged,
}

const stepText: Record<RepairStep, string> = {
  'remake-stream': 'make the stream anew from the longest history that verifies',
  'mend-settings': 'give the stream the settings that the log rests on',
  'replace-copy': "replace this node's copy; the damaged one stays beside it as log.sqlite.damaged",
}

function reportText({ terminal }: VerbContext, { outcome, head, sources }: RepairReport): string {
  const lines = [
    ...sources.map(sourceText),
    ...(sources.length === 0 ? [] : ['']),
    ...outcomeText(outcome, head.revision),
  ]
  const colour = outcome.type === 'intact' || outcome.type === 'repaired' ? 'green' : 'red'
  return lines.map((line, index) => (index < sources.length ? line : paint(terminal, colour, line))).join('\n')
}

function sourceText({ name, claims, whole, broken }: SourceReport): string {
  const says = claims === undefined ? 'cannot be read' : `says that it reaches revision ${claims}`
  const breaks = broken === undefined ? '' : `, and breaks at revision ${broken.revision}: ${broken.message}`
  return printable(`${name} ${says}, verifies up to ${whole}${breaks}`)
}

function outcomeText(outcome: RepairReport['outcome'], revision: number): string[] {
  switch (outcome.type) {
    case 'intact':
      return [`intact: the history of ${revision} events is held everywhere it has to be`]
    case 'needed':
      return [
        `the longest history that verifies has ${revision} events; there is to do:`,
        ...outcome.steps.map((step) => `  ${stepText[step]}`),
        'nothing was changed: add --yes to do it',
      ]
    case 'repaired':
      return [`repaired, up to revision ${revision}:`, ...outcome.steps.map((step) => `  ${stepText[step]}`)]
    case 'forked':
      return [
        `two histories part at revision ${outcome.revision}, and both are genuine:`,
        ...outcome.branches.map(({ source, hash }) => `  ${source} has ${hash}`),
        'nothing was changed: find out which is right, then overwrite the other with --overrule stream or --overrule copy',
      ]
    case 'loss':
      return [
        `revision ${outcome.acknowledged} was acknowledged once, and nothing here leads further than ${revision}`,
        'nothing was changed: name copies of other nodes with --from, or give up what is missing with --accept-loss',
      ]
    case 'nothing':
      return ['no event verifies under this master key: nothing was changed']
    case 'failed':
      return [`failed: ${printable(outcome.message)}`]
  }
}
