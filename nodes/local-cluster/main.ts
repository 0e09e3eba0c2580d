// `npm run cluster`: three NATS servers, two proxies on one port, two aggregators and a control node, all on this machine
// and in one process group, each of them started again when it ends. To see a cluster work, and to break it; in production
// each node has a machine and a supervisor of its own.
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { freePorts } from '../../shared/free-ports.ts'
import { curlLine } from '../process/banner.ts'
import { stopSignal } from '../process/stop-signal.ts'
import { openClusterFolder } from './cluster-folder.ts'
import { guide } from './guide.ts'
import { type Member, membersOf, opsPortsWanted } from './members.ts'
import { findNatsServer, howToInstall, natsPortsWanted, natsServers } from './nats-servers.ts'
import { type ProcessSpec, SupervisedProcess } from './supervised-process.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}
const environment = process.env
const readyMsMax = 60_000

process.exitCode = await run()

async function run(): Promise<number> {
  const binary = findNatsServer()
  if (binary === undefined) {
    process.stderr.write(`${howToInstall}\n`)
    return 1
  }
  const stopping = stopSignal()
  const folder = openClusterFolder(environment['HEADGATE_DATA_DIR'] || './data-cluster')
  const ports = await freePorts(natsPortsWanted + opsPortsWanted, Math.random)
  const nats = natsServers(binary, folder.path, ports.slice(0, natsPortsWanted))
  const members = membersOf({
    folder: folder.path,
    natsUrls: nats.urls,
    masterKeyFile: folder.masterKeyFile,
    environment,
    opsPorts: ports.slice(natsPortsWanted),
    nodeArgs: [...process.execArgv, new URL('../headgate.ts', import.meta.url).pathname],
  })
  const servers = nats.specs.map(supervised)
  const nodes = members.map(({ spec }) => supervised(spec))
  const logsBefore = members.map(({ spec }) => lengthOf(spec.logFile))
  for (const one of [...servers, ...nodes]) one.start()
  say(`starting; the nodes write to ${folder.path}/*/log`)
  const isUp = await Promise.race([untilReady(members), stopping.then(() => undefined)])
  if (isUp === false) say('not all nodes became ready; the reason stands in their logs. They are tried on.')
  if (isUp !== undefined) {
    const printed = readFileSync(members[0]!.spec.logFile, 'utf8').slice(logsBefore[0])
    process.stdout.write(
      guide({ ...factsOf(printed), version, members, natsPidFiles: nats.pidFiles, folder: folder.path }),
    )
  }
  await stopping
  // From a terminal everybody has had the signal already, and takes another one that soon for the same.
  await Promise.all(nodes.map((node) => node.stop('SIGTERM')))
  await Promise.all(servers.map((server) => server.stop('SIGTERM')))
  return 0
}

function supervised(spec: ProcessSpec): SupervisedProcess {
  return new SupervisedProcess(spec, { clock: systemClock, chance: Math.random, say })
}

async function untilReady(members: readonly Member[]): Promise<boolean> {
  const untilMs = systemClock.monotonicMs() + readyMsMax
  for (const { ops } of members) {
    while (
      !(await fetch(`${ops}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (systemClock.monotonicMs() > untilMs) return false
      await pause(50)
    }
  }
  return true
}

/** The control node has told what only it knows. */
function factsOf(printed: string) {
  const endpoint = `http://127.0.0.1:${environment['HEADGATE_PORT'] || '8080'}`
  const controlLines = printed.split('\n').filter((line) => /^ {2}(Console|Admin|Key|Found) /.test(line))
  const key = /^ {2}Key +(\S+)/m.exec(printed)?.[1]
  const controlPort = environment['HEADGATE_CONTROL_PORT'] || undefined
  return { endpoint, controlLines, controlPort, curl: key === undefined ? undefined : curlLine(endpoint, key) }
}

function lengthOf(file: string): number {
  try {
    return readFileSync(file, 'utf8').length
  } catch {
    return 0
  }
}

function say(text: string): void {
  process.stdout.write(`cluster: ${text}\n`)
}
