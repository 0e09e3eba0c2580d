// What may go wrong, and how it ends. Each kind is drawn with what it needs, begins, and gives back what undoes it.
import { genesisHash, type SealedEvent } from '../config-log/log/config-log.ts'
import { sealEvent } from '../config-log/log/event-codec.ts'
import type { Dice } from './engine/dice.ts'
import type { History } from './history.ts'
import type { LeaseContent } from './models/simulated-lease-store.ts'
import { fairWeather, type ServerHealth, type SimulatedServer } from './models/simulated-server.ts'
import type { StreamContent } from './models/stream-content.ts'
import { dataFolder, markPath, simulatedMacKey } from './run-parts.ts'
import type { FolderBackup, SimulatedNode } from './simulated-node.ts'

/** What a fault can get at. */
export interface Victims {
  nodes: readonly SimulatedNode[]
  server: SimulatedServer
  content: StreamContent
  leases: LeaseContent | undefined
  history: History
  dice: Dice
  /** Backups that were taken, by node. */
  backups: Map<SimulatedNode, FolderBackup>
  /** A witness of this node (log, mark or copy) is not what the node left. */
  harmed(node: SimulatedNode, what: Witness): void
  /** All of them are what they were at some earlier time. */
  replaced(node: SimulatedNode): void
  destroyed(how: string): void
  /** The register of leases is an earlier one. */
  lapsed(): void
  /** For now, whoever notices has reason to be alarmed. */
  alarming(untilMs: number): void
}

export type Witness = 'log' | 'mark' | 'copy'

interface FaultKind {
  /** How long it lasts. */
  msMin: number
  msMax: number
  begin(victims: Victims, fault: Fault): (() => void) | undefined
}

export interface Fault {
  kind: FaultName
  atMs: number
  forMs: number
  /** Of the nodes, for kinds that strike one. */
  node: number
  /** For whatever the kind counts. */
  amount: number
}

export type FaultName = keyof typeof faultKinds

const faultKinds = {
  killed: outage((node) => node.kill()),
  'power-cut': outage((node) => node.cutPower()),
  'power-cut-in-a-sync': {
    ...lasting(500, 6_000),
    begin: (victims, fault) => {
      const node = victimOf(victims, fault)
      node.disk.onCut = () => node.cutPower()
      node.disk.syncsUntilCut = fault.amount
      return () => {
        node.disk.syncsUntilCut = 0
        node.boot()
      }
    },
  },
  paused: {
    ...lasting(300, 9_000),
    begin: (victims, fault) => {
      const node = victimOf(victims, fault)
      node.pause()
      return () => node.resume()
    },
  },
  partitioned: {
    ...lasting(300, 12_000),
    begin: (victims, fault) => {
      const node = victimOf(victims, fault)
      node.isCut = true
      return () => {
        node.isCut = false
      }
    },
  },
  'clock-stepped': {
    ...lasting(0, 0),
    begin: (victims, fault) => {
      victimOf(victims, fault).skewMs = (fault.amount - 4) * 900_000
      return undefined
    },
  },
  'disk-full': {
    ...lasting(500, 9_000),
    begin: (victims, fault) => {
      const { disk } = victimOf(victims, fault)
      disk.isFull = true
      return () => {
        disk.isFull = false
      }
    },
  },
  'syncs-fail': {
    ...lasting(2_000, 4_000),
    begin: (victims, fault) => {
      const { disk } = victimOf(victims, fault)
      disk.syncsToFail = fault.amount
      return () => {
        disk.syncsToFail = 0
      }
    },
  },
  'foul-weather': {
    ...lasting(2_000, 15_000),
    begin: ({ server }, { amount }) => {
      const part = amount / 20
      server.weather = { lost: part, answersLost: part / 2, delayed: part, delayMsMax: 6_000, repeated: part }
      return () => {
        server.weather = fairWeather
      }
    },
  },
  'acknowledgements-lost': {
    ...lasting(1_000, 8_000),
    begin: ({ server }) => {
      server.weather = { ...fairWeather, answersLost: 0.6 }
      return () => {
        server.weather = fairWeather
      }
    },
  },
  'server-down': serverIs('down', 500, 9_000),
  'server-paused': serverIs('paused', 500, 8_000),
  'no-leader': serverIs('leaderless', 1_000, 17_000),
  wedged: serverIs('wedged', 2_000, 20_000),
  'leader-behind': {
    // Shorter than a stream has to look wrong before it is an alarm.
    ...lasting(500, 1_700),
    begin: ({ content, leases, server, alarming }, { amount, forMs }) => {
      if (content.hidden > 0) return undefined
      if (leases !== undefined) leases.hidden = amount
      // Twice in a row may look like once and longer.
      if (content.wasHidden) alarming(server.timeline.nowMs + forMs + alarmLateMs)
      content.hidden = amount
      content.wasHidden = true
      server.health = 'wedged'
      return () => {
        if (leases !== undefined) leases.hidden = 0
        content.hidden = 0
        server.health = 'well'
      }
    },
  },
  'stream-full': {
    ...lasting(1_000, 9_000),
    begin: ({ content }) => {
      content.isFull = true
      return () => {
        content.isFull = false
      }
    },
  },
  'backup-taken': {
    ...lasting(0, 0),
    begin: (victims, fault) => {
      const node = victims.nodes[fault.node % victims.nodes.length]!
      victims.backups.set(node, node.backup())
      return undefined
    },
  },
  'backup-put-back': harm((node, victims) => {
    const backup = victims.backups.get(node)
    if (backup === undefined) return
    node.restore(backup)
    victims.replaced(node)
  }),
  'log-put-back': harm((node, victims) => {
    const backup = victims.backups.get(node)
    if (backup === undefined) return
    node.database.restore(backup.database)
    victims.harmed(node, 'log')
  }),
  'log-forgets': harm((node, victims, { amount }) => {
    node.database.forget(amount)
    victims.harmed(node, 'log')
  }),
  'log-flipped': harm((node, victims) => {
    if (node.database.flipBit()) victims.harmed(node, 'log')
  }),
  'log-mangled': harm((node, victims) => {
    node.database.isMangled = true
    victims.harmed(node, 'log')
  }),
  'mark-flipped': harm((node, victims) => {
    if (node.disk.flipBit(markPath)) victims.harmed(node, 'mark')
  }),
  'copy-flipped': harm((node, victims) => {
    const files = node.disk.paths().filter((path) => path.startsWith(`${dataFolder}/last-good`))
    if (files.length > 0 && node.disk.flipBit(victims.dice.pick(files))) victims.harmed(node, 'copy')
  }),
  'folder-lost': harm((node, victims) => {
    node.wipe()
    victims.replaced(node)
  }),
  'stream-rewound': destruction(({ content }, { amount }) => {
    if (content.messages.length === 0) return false
    content.rewind(amount)
    return true
  }),
  'leases-rewound': {
    ...lasting(0, 0),
    begin: ({ leases, lapsed }, { amount }) => {
      leases?.rewind(amount * 4)
      lapsed()
      return undefined
    },
  },
  'stream-of-another-branch': destruction((victims, { amount }) => {
    const { content } = victims
    if (content.messages.length === 0) return false
    content.rewind(amount)
    branch(victims, victims.dice.between(1, amount + 1))
    return true
  }),
  'stream-vanished': destruction(({ content }) => {
    const { exists } = content
    content.vanish()
    return exists
  }),
  'stream-made-anew': destruction(({ content, server }) => {
    const { exists } = content
    if (exists) content.recreate(server.timeline.nowMs)
    return exists
  }),
  'message-flipped': destruction(({ content, dice }) => content.flipBit(dice)),
  'message-lost': destruction(({ content, dice }) => {
    if (content.messages.length === 0) return false
    content.lose(dice.pick(content.messages).sequence)
    return true
  }),
  'setting-ignored': {
    ...lasting(2_000, 8_000),
    begin: ({ content, server, alarming }, { forMs }) => {
      content.ignoredSetting = 'deny_delete'
      alarming(server.timeline.nowMs + forMs + alarmLateMs)
      return () => {
        content.ignoredSetting = undefined
      }
    },
  },
  'event-forged': destruction((victims, { amount }) => {
    const { content, server } = victims
    if (!content.exists) return false
    content.push(forged(victims, amount), server.timeline.nowMs)
    server.wakeAll()
    return true
  }),
} as const satisfies Record<string, FaultKind>

const faultNames = Object.keys(faultKinds) as FaultName[]

/** A few kinds for each world, so that some meet often which would seldom meet among all. */
export function drawFaults(dice: Dice, { untilMs, nodes }: { untilMs: number; nodes: number }): Fault[] {
  const kinds = dice.some(faultNames, dice.pick([0.1, 0.2, 0.4]))
  const count = kinds.length === 0 ? 0 : dice.between(1, 9)
  const faults = Array.from({ length: count }, () => drawFault(dice, dice.pick(kinds), { untilMs, nodes }))
  return faults.sort((a, b) => a.atMs - b.atMs)
}

function drawFault(dice: Dice, kind: FaultName, { untilMs, nodes }: { untilMs: number; nodes: number }): Fault {
  const { msMin, msMax } = faultKinds[kind]
  return {
    kind,
    atMs: dice.between(0, untilMs),
    forMs: dice.between(msMin, msMax),
    node: dice.between(0, nodes - 1),
    amount: dice.between(1, 7),
  }
}

/** Answers what undoes it. */
export function beginFault(victims: Victims, fault: Fault): (() => void) | undefined {
  return faultKinds[fault.kind].begin(victims, fault)
}

/** An answer that was on its way. */
const alarmLateMs = 10_000

function victimOf({ nodes }: Victims, { node }: Fault): SimulatedNode {
  return nodes[node]!
}

function lasting(msMin: number, msMax: number) {
  return { msMin, msMax }
}

function outage(down: (node: SimulatedNode) => void): FaultKind {
  return {
    ...lasting(100, 9_000),
    begin: (victims, fault) => {
      const node = victimOf(victims, fault)
      down(node)
      return () => node.boot()
    },
  }
}

/** Done while the node is down. */
function harm(act: (node: SimulatedNode, victims: Victims, fault: Fault) => void): FaultKind {
  return {
    ...lasting(100, 4_000),
    begin: (victims, fault) => {
      const node = victimOf(victims, fault)
      node.kill()
      act(node, victims, fault)
      return () => node.boot()
    },
  }
}

function serverIs(health: ServerHealth, msMin: number, msMax: number): FaultKind {
  return {
    ...lasting(msMin, msMax),
    begin: ({ server }) => {
      server.health = health
      return () => {
        server.health = 'well'
      }
    },
  }
}

function destruction(act: (victims: Victims, fault: Fault) => boolean): FaultKind {
  return {
    ...lasting(0, 0),
    begin: (victims, fault) => {
      if (act(victims, fault)) victims.destroyed(fault.kind)
      return undefined
    },
  }
}

/** What somebody with access to the stream, and without the key of the cluster, can make. */
function forged({ content, history, dice }: Victims, how: number): SealedEvent {
  const newest = content.messages.at(-1)
  const revision = (newest?.sequence ?? 0) + 1
  const change = { type: 'team-set', name: 'forged', spec: {}, origin: 'api' } as const
  const head = { revision, prevHash: newest?.hash ?? genesisHash, version: 1, type: change.type } as const
  const rest = {
    commandId: `forged-${revision}`,
    at: '2026-01-01T00:00:00.000Z',
    actor: 'rogue',
    reason: 'forged',
    change,
  }
  const own = sealEvent({ ...head, ...rest }, new Uint8Array(32).fill(9))
  // What nodes decided for this place and what did not come to be, or was here once.
  const former = history.sealedFor(revision)
  if (how === 1 || newest === undefined) return own
  if (how === 2) return { ...dice.pick(content.messages), commandId: `again-${revision}` }
  if (how === 3) return { ...own, hash: newest.hash, mac: newest.mac }
  if (how === 4) return { ...own, mac: newest.mac }
  if (former.length === 0) return { ...newest, commandId: `again-${revision}`, bytes: Buffer.from('not an event') }
  return how === 5 ? { ...dice.pick(former), commandId: `again-${revision}` } : dice.pick(former)
}

/** A history that other nodes with the key of this cluster went on to write, where ours was lost. */
function branch({ content, history, server }: Victims, events: number): void {
  for (let count = 0; count < events; count++) {
    const newest = content.messages.at(-1)
    const revision = (newest?.sequence ?? 0) + 1
    const change = { type: 'team-set', name: 'd', spec: { costCenter: 'elsewhere' }, origin: 'api' } as const
    const head = { revision, prevHash: newest?.hash ?? genesisHash, version: 1, type: change.type } as const
    const rest = {
      commandId: `elsewhere-${revision}-${server.timeline.nowMs}`,
      actor: 'elsewhere',
      reason: 'elsewhere',
    }
    const event = sealEvent({ ...head, ...rest, at: '2026-01-01T00:00:00.000Z', change }, simulatedMacKey)
    history.sealed(event)
    content.push(event, server.timeline.nowMs)
  }
}
