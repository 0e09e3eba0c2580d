// What a stranger on NATS tries, a row or more for each subject on which nodes believe something. `hostile-subjects.test.ts` holds
// the list against the code.
import type { Subscription } from '@nats-io/transport-node'
import { decodeHeader } from '../shared/telemetry/batch.ts'
import { partitionOf, partitionsCount } from '../shared/telemetry/partition.ts'
import { type HostilePublisher, inventedBatch } from './hostile-publisher.ts'
import { sleep, until } from './until.ts'

export interface Victims {
  readonly stranger: HostilePublisher
  /** Names of nodes. */
  readonly proxy: string
  readonly aggregator: string
  /** Makes the control node ask the aggregator. */
  askUsage(): Promise<unknown>
  /** Makes the proxy store a response, and reads it. */
  respond(): Promise<string>
  read(id: string): Promise<number>
}

export interface Attack {
  /** The subject that is attacked, as `bus.ts` or the stream calls it. */
  readonly subject: string
  readonly what: string
  /** The channel under which the refusal is counted. Undefined: nobody listens to the subject, or believes anything of it. */
  readonly channel?: string
  attack(victims: Victims): Promise<void>
}

const far = 1e12
const heardMs = 30_000

function asking(what: string, question: object): Attack {
  return {
    subject: 'aggregator.query',
    what,
    channel: 'request',
    async attack({ stranger, aggregator }) {
      for (const subject of [`hg.aggregator.query.${aggregator}`, 'hg.aggregator.query']) {
        const asked = stranger.connection.request(subject, JSON.stringify(question), { timeout: 1_000 })
        const told = await asked.then(
          ({ data }) => Buffer.from(data).toString(),
          () => 'silence',
        )
        if (told !== 'silence') throw new Error(`${subject} told a stranger: ${told}`)
      }
    },
  }
}

function saying(subject: string, what: string, value: (victims: Victims) => unknown): Attack {
  const attack = async ({ stranger, ...victims }: Victims): Promise<void> => {
    for (let n = 0; n < 3; n++) stranger.say(`hg.${subject}`, value({ stranger, ...victims }))
  }
  return { subject, what, channel: 'bus', attack }
}

/** Says again what a node said first, long enough after it for nobody to take it for a message that is late. */
function repeating(subject: string, wire = `hg.${subject}`): Attack {
  return {
    subject,
    what: 'what a node said is said again',
    channel: 'bus',
    async attack({ stranger }) {
      await until(() => stranger.newest(wire) !== undefined, heardMs)
      const old = stranger.newest(wire)!
      await sleep(11_000)
      stranger.repeat(old)
    },
  }
}

const beat = { boot: 'b', count: 1 }
const weight = { model: 'fast', provider: 'up', target: 'm', firstUs: 1, firstCount: 9, tokenUs: 1, tokenCount: 9 }
const said = { publisher: 'nobody', epoch: far, revision: far, atMs: 0 }
const heartbeat = {
  role: 'aggregator',
  region: 'x',
  version: '9',
  hash: 'x',
  draining: false,
  lagMs: 0,
  queues: {},
  beat,
}

function usageAttack(what: string, publish: (victims: Victims) => Promise<void>): Attack {
  return { subject: 'usage.>', what, channel: 'usage', attack: publish }
}

function inboxAttack(what: string, publish: (victims: Victims) => Promise<void>): Attack {
  return { subject: 'usage.>', what, attack: publish }
}

const subjectOf = (node: string, partition = partitionOf(node)) => `usage.${partition}.${node}`

async function overheardUsage({ stranger, proxy }: Victims) {
  await until(() => stranger.newest(subjectOf(proxy)) !== undefined, heardMs)
  return stranger.newest(subjectOf(proxy))!
}

/** The boot of the proxy, as its batches name it. */
async function epochOf(victims: Victims): Promise<string> {
  const { data } = await overheardUsage(victims)
  return decodeHeader(data)!.epoch
}

export const attacks: readonly Attack[] = [
  saying('node.heartbeat', 'a node that does not exist', () => {
    return { ...heartbeat, node: 'nobody', revision: far }
  }),
  saying('node.heartbeat', 'a node says that it is elsewhere', ({ proxy }) => {
    return { ...heartbeat, role: 'proxy', node: proxy, revision: far }
  }),
  repeating('node.heartbeat'),
  saying('node.keeping', 'an aggregator that does not exist keeps all', () => {
    const kept = { epoch: far, isCaughtUp: true, lagMs: 0, completeSinceMs: 0, sequence: far }
    const partitions = Array.from({ length: partitionsCount }, (_, partition) => ({ partition, ...kept }))
    return { node: 'nobody', ...beat, partitions }
  }),
  repeating('node.keeping'),
  saying('config.applied', 'a revision that does not exist', ({ proxy }) => ({
    node: proxy,
    revision: far,
    hash: 'x',
  })),
  saying('weights', 'a publisher of the far future', () => ({
    ...said,
    targets: [{ ...weight, multiplier: 1e-6, factors: {} }],
  })),
  repeating('weights'),
  saying('slo.state', 'a publisher of the far future', () => ({
    ...said,
    silentPartitions: [],
    objectives: [],
    events: [],
  })),
  repeating('slo.state'),
  saying('slo.partial', 'counts of the far future', ({ proxy }) => {
    const series = Object.fromEntries(['all', 'x'].map((name) => [name, { 60000: [0, 1e6] }]))
    return { partition: partitionOf(proxy), epoch: far, count: far, series, targets: [] }
  }),
  {
    subject: 'telemetry.stored',
    what: 'everything of this proxy is stored',
    channel: 'bus',
    async attack(victims) {
      const { stranger, proxy } = victims
      const word = { node: proxy, epoch: await epochOf(victims), sequence: far, gap: false }
      for (let n = 0; n < 3; n++) stranger.say(`hg.telemetry.stored.${proxy}`, word)
    },
  },
  usageAttack('requests that nobody made', async ({ stranger, proxy }) => {
    stranger.say(subjectOf(proxy), inventedBatch({ node: proxy, epoch: 'nobody', firstSequence: 1, count: 500 }))
  }),
  usageAttack('the sequences that the proxy is going to use', async (victims) => {
    const { stranger, proxy } = victims
    const epoch = await epochOf(victims)
    stranger.say(subjectOf(proxy), inventedBatch({ node: proxy, epoch, firstSequence: 1, count: 2_000 }))
  }),
  ...['in another partition', 'under another name', 'again'].map((where) => ({
    subject: 'usage.>',
    what: `a batch of the proxy ${where}`,
    // For two minutes the server itself drops what has an id that it knows; `usage-mac.test.ts` has what follows.
    async attack(victims: Victims) {
      const { stranger, proxy } = victims
      const other = subjectOf(proxy, (partitionOf(proxy) + 1) % partitionsCount)
      const elsewhere = { 'in another partition': other, 'under another name': `${subjectOf(proxy)}-2` }[where]
      stranger.repeat(await overheardUsage(victims), elsewhere)
    },
  })),
  // nats-server takes no such reply from a client; another one might.
  inboxAttack('a delivery to the inbox of the reader', async ({ stranger, proxy }) => {
    const isDelivery = ({ reply }: { reply: string | undefined }) => reply?.startsWith('$JS.ACK.USAGE.') === true
    await until(() => stranger.heard.some(isDelivery), heardMs)
    const { reply } = stranger.heard.findLast(isDelivery)!
    const tokens = reply!.split('.')
    const pull = `$JS.API.CONSUMER.MSG.NEXT.USAGE.${tokens[3]}`
    await until(() => stranger.newest(pull) !== undefined, heardMs)
    const inbox = stranger.newest(pull)!.reply!
    const at = tokens.length >= 11 ? 7 : 5
    for (const index of [at, at + 1]) tokens[index] = `${Number(tokens[index]) + 1}`
    const invented = inventedBatch({ node: proxy, epoch: 'nobody', firstSequence: 1, count: 500 })
    stranger.connection.publish(inbox, invented, { reply: tokens.join('.') })
  }),
  asking('a question of a stranger is not answered', { type: 'usage', groupBy: [] }),
  asking('a stranger closes a month', {
    type: 'ledger-close',
    month: '2020-01',
    timeZone: 'UTC',
    cutMs: 1,
    rows: Array.from({ length: partitionsCount }, (_, partition) => [partition, []]),
    missing: [],
    evenIfBehind: true,
  }),
  {
    subject: 'aggregator.query',
    what: 'a stranger answers',
    channel: 'answer',
    async attack({ stranger, askUsage }) {
      const invented = JSON.stringify({ boot: 'x', partitions: [], part: {}, rows: [{ model: 'fast', requests: 1e6 }] })
      const answering: Subscription = stranger.connection.subscribe('hg.aggregator.query.>', {
        callback: (_error, message) => void message.respond(invented),
      })
      await stranger.connection.flush()
      for (let n = 0; n < 5; n++) await askUsage()
      answering.unsubscribe()
    },
  },
  {
    subject: 'aggregator.query',
    what: 'a question is asked again: it is answered once',
    channel: 'request',
    async attack({ stranger, aggregator, askUsage }) {
      await askUsage()
      stranger.repeat(stranger.newest(`hg.aggregator.query.${aggregator}`)!)
    },
  },
  saying('budget.recall', 'a request that waits for a budget', () => ({ budget: 'all', window: 1 })),
  {
    subject: 'budget.table.>',
    what: 'tables that no node wrote',
    async attack({ stranger }) {
      for (let table = 0; table < 64; table++) stranger.say(`budget.table.${table}`, Buffer.from('00', 'hex'))
      await stranger.connection.flush()
    },
  },
  saying('gossip', 'what nobody has charged', () => Buffer.from('93a36f6e6501', 'hex')),
  saying('session.starts', 'a session that began long ago', () => [[1, 1, far]]),
  {
    subject: 'gossip.to',
    what: 'a node that does not exist has spent all',
    channel: 'bus',
    async attack({ stranger, proxy }) {
      for (let n = 0; n < 3; n++)
        stranger.say(`hg.gossip.to.${proxy}`, Buffer.from('0206646f626f6479010101010100', 'hex'))
    },
  },
  {
    subject: 'gossip.charge',
    what: 'a charge of a stranger',
    channel: 'request',
    async attack({ stranger, proxy }) {
      const charge = Buffer.from('97', 'hex')
      await stranger.connection.request(`hg.gossip.charge.${proxy}`, charge, { timeout: 500 }).catch(() => undefined)
    },
  },
  {
    subject: 'lease.table',
    what: 'a holder that does not exist',
    channel: 'leases',
    async attack({ stranger }) {
      const names = [
        'publisher',
        ...Array.from({ length: partitionsCount }, (_, partition) => `partition-${partition}`),
      ]
      const leases = names.map((name) => [name, { owner: 'nobody', epoch: far, beat: 1, sequence: far }])
      stranger.say('lease.table', { writes: far, leases: Object.fromEntries(leases) })
    },
  },
  {
    subject: 'lease.table',
    what: 'a table of another time',
    channel: 'leases',
    async attack({ stranger }) {
      await until(() => stranger.newest('lease.table') !== undefined, heardMs)
      const old = stranger.newest('lease.table')!
      await sleep(2_500)
      // Without the condition under which it was written.
      stranger.repeat(old, old.subject, (name) => !name.startsWith('Nats-'))
    },
  },
  {
    subject: 'keys.>',
    what: 'an entry that no node wrote',
    channel: 'keys',
    async attack({ stranger }) {
      const entry = { version: 1, owner: 'provider:up', generation: 99, madeFor: 0, mac: '0'.repeat(64) }
      stranger.say('keys.provider=3aup', entry)
    },
  },
  {
    subject: 'state.>',
    what: 'an entry of four thousand million pieces',
    channel: 'state',
    async attack({ stranger, respond, read }) {
      const id = await respond()
      await until(() => stranger.heard.some(({ subject }) => subject.startsWith('state.')), heardMs)
      const { subject } = stranger.heard.findLast((one) => one.subject.startsWith('state.'))!
      stranger.say(subject, Buffer.from('ffffffff00', 'hex'))
      await stranger.connection.flush()
      await sleep(200)
      if ((await read(id)) === 200) throw new Error('a response that a stranger wrote was read')
    },
  },
  {
    subject: 'hg.config.stored.>',
    what: 'a hint: it is looked, and nothing is found',
    async attack({ stranger }) {
      for (let n = 0; n < 100; n++) stranger.say('hg.config.stored.cfg.event', new Uint8Array(0))
    },
  },
  {
    subject: 'hg.keys.stored.>',
    what: 'an entry that no node wrote',
    channel: 'keys',
    async attack({ stranger }) {
      stranger.say('hg.keys.stored.keys.x', { version: 1, owner: 'provider:up', generation: 99, madeFor: 0, mac: 'x' })
    },
  },
  {
    subject: 'probe.>',
    what: 'a probe: nobody reads it',
    async attack({ stranger }) {
      stranger.say('probe.disk', { everything: 'stored' })
    },
  },
]
