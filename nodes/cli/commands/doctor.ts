// Looks for what most often keeps a gateway from working, and says what to do about each finding.
import { accessSync, constants, existsSync } from 'node:fs'
import { isFull, roomOn } from '../../../cluster/data-folder/disk-room.ts'
import { parseSettings, type Settings } from '../../../shared/settings.ts'
import { dataDirOf } from '../admin-client.ts'
import { type ExitCode, exitCode } from '../exit-code.ts'
import { paint, printable } from '../terminal.ts'
import type { VerbContext } from '../verb.ts'

interface Finding {
  check: string
  level: 'ok' | 'warning' | 'error'
  message: string
}

export async function doctor(context: VerbContext, readFile: (path: string) => string): Promise<ExitCode> {
  const findings = [
    nodeVersion(process.versions.node),
    ...settingsFindings(context, readFile),
    await dataFolder(dataDirOf(context.environment)),
    ...(await natsFindings(context)),
    ...(await controlFindings(context)),
  ]
  if (context.json) context.terminal.out(JSON.stringify({ findings }))
  else for (const finding of findings) context.terminal.out(line(context, finding))
  return findings.some(({ level }) => level === 'error') ? exitCode.no : exitCode.ok
}

function nodeVersion(version: string): Finding {
  const isPinned = version.startsWith('22.')
  const message = isPinned ? `Node ${version}` : `Node ${version}: the data plane's binary needs 22; use npm start`
  return { check: 'runtime', level: isPinned ? 'ok' : 'warning', message }
}

function settingsFindings(context: VerbContext, readFile: (path: string) => string): Finding[] {
  const settings = parseSettings(context.environment, readFile)
  if (!settings.ok) return settings.error.map(({ name, message }) => bad('environment', `${name} ${message}`))
  return [
    { check: 'environment', level: 'ok', message: 'every HEADGATE_ variable can be read' },
    ...tls(settings.value),
  ]
}

function tls(settings: Settings): Finding[] {
  if (settings.tls === undefined) return []
  return [settings.tls.certFile, settings.tls.keyFile]
    .filter((file) => !existsSync(file))
    .map((file) => bad('tls', `${file} does not exist`))
}

async function dataFolder(path: string): Promise<Finding> {
  if (!existsSync(path)) {
    return { check: 'data folder', level: 'warning', message: `${path} does not exist yet; a start makes it` }
  }
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch {
    return bad('data folder', `${path} is not writable for this user`)
  }
  const room = await roomOn(path).catch(() => undefined)
  if (room !== undefined && isFull(room)) return bad('data folder', `the disk of ${path} is full`)
  return { check: 'data folder', level: 'ok', message: path }
}

/** Whether the cluster can meet, as seen from here. */
async function natsFindings(context: VerbContext): Promise<Finding[]> {
  if (!context.environment['HEADGATE_NATS_URL'] && !context.environment['HEADGATE_NATS_URL_FILE']) return []
  const { connectToNats } = await import('../nats-connection.ts')
  const nats = await connectToNats(context)
  if (!nats.ok) return [bad('NATS', `${nats.error.message}; is nats-server running there, with JetStream?`)]
  const { JetStreamStream } = await import('../../../cluster/config-log/stream/jetstream-stream.ts')
  const stream = new JetStreamStream({ link: nats.value, clock: context.clock })
  const server = nats.value.connection?.info
  const facts = await stream.facts()
  await stream.close()
  await nats.value.close()
  const found: Finding = {
    check: 'NATS',
    level: 'ok',
    message: `nats-server ${server?.version} at ${server?.host}:${server?.port}`,
  }
  if (facts.ok) {
    return [found, { check: 'log stream', level: 'ok', message: `${facts.value.lastSequence} events` }]
  }
  if (facts.error.type !== 'missing') return [found, bad('log stream', facts.error.message)]
  const message = 'there is none yet: the first control node of a cluster makes it, later `headgate log repair`'
  return [found, { check: 'log stream', level: 'warning', message }]
}

async function controlFindings(context: VerbContext): Promise<Finding[]> {
  const ready = await context.client.open('/readyz?verbose')
  if (!ready.ok) return [bad('control node', `${ready.error.message}; is it running, and on this port?`)]
  const { status, reasons } = ready.value.body
  if (status !== 'ok') return ((reasons as string[] | undefined) ?? ['not ready']).map((why) => bad('readiness', why))
  const nodes = await context.client.call({ path: '/nodes' })
  if (!nodes.ok) return [bad('admin token', nodes.error.message)]
  return [{ check: 'control node', level: 'ok', message: `${context.client.url} answers and is ready` }]
}

function bad(check: string, message: string): Finding {
  return { check, level: 'error', message }
}

const colours = { ok: 'green', warning: 'yellow', error: 'red' } as const

function line({ terminal }: VerbContext, { check, level, message }: Finding): string {
  return `${paint(terminal, colours[level], level.padEnd(8))} ${check}: ${printable(message)}`
}
