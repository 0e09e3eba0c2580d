// The law behind `hostile-attacks.ts`: whatever a node reads from NATS, a stranger has tried. A new subject, a new stream or a
// new place that reads from the servers fails here until it has a row.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { subjects } from '../cluster/bus/bus.ts'
import { attacks } from './hostile-attacks.ts'

const root = join(import.meta.dirname, '..')
const sources = ['cluster', 'nodes']
  .flatMap((room) => readdirSync(join(root, room), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .filter((file) => !/\.(test|fixture|bench)\.ts$|-contract\.ts$|-rig\.ts$|\/test-[a-z-]+\.ts$|\/console\//.test(file))
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
const attacked = new Set(attacks.map(({ subject }) => subject))

/** Subjects of the bus that are heard within a process alone: there nobody hears them from NATS. */
const insideTheProcess = [
  'config.appended',
  'keys.changed',
  'telemetry.batch',
  'telemetry.flow',
  'gossip.ask',
  'budget.report',
  'budget.list',
  'budget.alert',
  'link.state',
  'process.standing',
  'state.request',
]

/** Attacks that end what later ones need have a test of their own. */
const elsewhere: Record<string, [file: string, title: string]> = {
  'cfg.>': ['acceptance/cluster-hostile-nats.integration.test.ts', 'cfg.>: an event that no node wrote'],
}

test('every subject of the bus has a row, or does not leave the process', () => {
  for (const subject of Object.values(subjects)) {
    expect([subject, attacked.has(subject) || insideTheProcess.includes(subject)]).toEqual([subject, true])
  }
})

/** The files that make streams, with the subjects that each stream stores. */
const streams: Record<string, string> = {
  'cluster/budgets/jetstream-ledger-store.ts': 'budget.table.>',
  'cluster/config-log/stream/config-stream-settings.ts': 'cfg.>',
  'cluster/leases/jetstream-lease-store.ts': 'lease.table',
  'cluster/nats/disk-probe.ts': 'probe.>',
  'cluster/secrets/jetstream-key-stream.ts': 'keys.>',
  'cluster/state/state-stream-settings.ts': 'state.>',
  'cluster/telemetry-stream/usage-stream-settings.ts': 'usage.>',
}

test('every stream has a row', () => {
  const making = sources.filter((file) => /\bsubjects: \[/.test(textOf(file)))
  expect(making.toSorted()).toEqual(Object.keys(streams).toSorted())
  for (const subject of Object.values(streams)) {
    const [file = '', title = ''] = elsewhere[subject] ?? []
    const isElsewhere = existsSync(join(root, file)) && title !== '' && textOf(file).includes(title)
    expect([subject, attacked.has(subject) || isElsewhere]).toEqual([subject, true])
  }
})

/** Files that read from a connection, a stream or a consumer, with the rows that try them. */
const readers: Record<string, readonly string[]> = {
  'cluster/budgets/jetstream-ledger-store.ts': ['budget.table.>'],
  'cluster/bus/nats-bus.ts': ['node.heartbeat', 'aggregator.query'],
  'cluster/bus/nats-asking.ts': ['aggregator.query'],
  'cluster/config-log/stream/jetstream-pages.ts': [],
  'cluster/config-log/stream/jetstream-session.ts': [],
  'cluster/leases/jetstream-lease-store.ts': ['lease.table'],
  'cluster/nats/subject-watches.ts': ['hg.config.stored.>', 'hg.keys.stored.>'],
  'cluster/secrets/jetstream-key-stream.ts': ['keys.>'],
  'cluster/state/jetstream-state-store.ts': ['state.>'],
  'cluster/telemetry-stream/jetstream-feed.ts': ['usage.>'],
  'cluster/telemetry-stream/jetstream-usage-stream.ts': ['usage.>'],
}

test('every place that reads from the servers has a row', () => {
  const reading = sources.filter((file) => /connection\.subscribe\(|getMessage\(|consumers\.add\(/.test(textOf(file)))
  expect(reading.toSorted()).toEqual(Object.keys(readers).toSorted())
  for (const subject of Object.values(readers).flat()) expect([subject, attacked.has(subject)]).toEqual([subject, true])
})

test('nobody hears a subject that is not in the list', () => {
  const naming = sources.filter((file) => /\.(subscribe|subscribeOthers|serve)\(\s*['"`]/.test(textOf(file)))
  // Which put a prefix before what they are given.
  expect(naming.toSorted()).toEqual(['cluster/bus/nats-asking.ts', 'cluster/bus/nats-bus.ts'])
})

test('only the room of the bus publishes and answers on it: all of that is signed', () => {
  const publishing = sources.filter((file) => /connection\.publish\(|\.respond\(/.test(textOf(file)))
  expect(publishing.toSorted()).toEqual([
    'cluster/bus/nats-asking.ts',
    'cluster/bus/nats-bus.ts',
    // Requests for the next page, to the server.
    'cluster/config-log/stream/jetstream-pages.ts',
    'cluster/telemetry-stream/jetstream-feed.ts',
  ])
})
