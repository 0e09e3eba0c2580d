// The kinds of faults. `begin` starts a fault and returns the function that ends it, if there is anything to end.
import type { Dice } from '../engine/dice.ts'
import { fairWeather } from '../models/simulated-server.ts'
import { dataFolder, markPath } from '../run-parts.ts'
import {
  alarmLateMs,
  type DrawnFault,
  destruction,
  type FaultKind,
  harm,
  lasting,
  outage,
  serverIs,
  type Victims,
  victimOf,
} from './fault-kind.ts'
import { branch, forged } from './forgery.ts'

export interface Fault extends DrawnFault {
  kind: FaultName
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
    // The fault is shorter than the time for which a stream has to look wrong before it is an alarm.
    ...lasting(500, 1_700),
    begin: ({ content, leases, server, alarming }, { amount, forMs }) => {
      if (content.hidden > 0) return undefined
      if (leases !== undefined) leases.hidden = amount
      // Two such faults in a row may look like one longer fault.
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

/** Draws a few kinds for each world, so that kinds meet often which would seldom meet among all. */
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

/** Begins a fault and returns the function that ends it. */
export function beginFault(victims: Victims, fault: Fault): (() => void) | undefined {
  return faultKinds[fault.kind].begin(victims, fault)
}
