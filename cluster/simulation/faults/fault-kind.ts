// What every kind of fault has, and the shapes that many of them share.
import type { Dice } from '../engine/dice.ts'
import type { History } from '../history.ts'
import type { LeaseContent } from '../models/simulated-lease-store.ts'
import type { ServerHealth, SimulatedServer } from '../models/simulated-server.ts'
import type { StreamContent } from '../models/stream-content.ts'
import type { FolderBackup, SimulatedNode } from '../simulated-node.ts'

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

export interface FaultKind {
  /** How long it lasts. */
  msMin: number
  msMax: number
  begin(victims: Victims, fault: DrawnFault): (() => void) | undefined
}

/** One fault of a plan. */
export interface DrawnFault {
  kind: string
  atMs: number
  forMs: number
  /** Of the nodes, for kinds that strike one. */
  node: number
  /** For whatever the kind counts. */
  amount: number
}

/** An answer that was on its way. */
export const alarmLateMs = 10_000

export function victimOf({ nodes }: Victims, { node }: DrawnFault): SimulatedNode {
  return nodes[node]!
}

export function lasting(msMin: number, msMax: number) {
  return { msMin, msMax }
}

export function outage(down: (node: SimulatedNode) => void): FaultKind {
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
export function harm(act: (node: SimulatedNode, victims: Victims, fault: DrawnFault) => void): FaultKind {
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

export function serverIs(health: ServerHealth, msMin: number, msMax: number): FaultKind {
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

export function destruction(act: (victims: Victims, fault: DrawnFault) => boolean): FaultKind {
  return {
    ...lasting(0, 0),
    begin: (victims, fault) => {
      if (act(victims, fault)) victims.destroyed(fault.kind)
      return undefined
    },
  }
}
