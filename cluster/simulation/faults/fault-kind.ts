// The interface of a kind of fault, and constructors for common kinds.
import type { Dice } from '../engine/dice.ts'
import type { History } from '../history.ts'
import type { LeaseContent } from '../models/simulated-lease-store.ts'
import type { ServerHealth, SimulatedServer } from '../models/simulated-server.ts'
import type { StreamContent } from '../models/stream-content.ts'
import type { FolderBackup, SimulatedNode } from '../simulated-node.ts'

/** The parts of a world that a fault can change, and the reports that it makes to the judge. */
export interface Victims {
  nodes: readonly SimulatedNode[]
  server: SimulatedServer
  content: StreamContent
  leases: LeaseContent | undefined
  history: History
  dice: Dice
  /** The backups that were taken, by node. */
  backups: Map<SimulatedNode, FolderBackup>
  /** Reports that a witness of this node (log, mark or copy) was changed. */
  harmed(node: SimulatedNode, what: Witness): void
  /** Reports that all witnesses of this node were replaced by earlier ones. */
  replaced(node: SimulatedNode): void
  destroyed(how: string): void
  /** Reports that the register of leases was replaced by an earlier one. */
  lapsed(): void
  /** Reports that an alarm is justified until `untilMs`. */
  alarming(untilMs: number): void
}

export type Witness = 'log' | 'mark' | 'copy'

export interface FaultKind {
  /** The shortest duration; `msMax` is the longest. */
  msMin: number
  msMax: number
  begin(victims: Victims, fault: DrawnFault): (() => void) | undefined
}

/** One fault of a plan, as it was drawn. */
export interface DrawnFault {
  kind: string
  atMs: number
  forMs: number
  /** The index of the node, for kinds that strike one node. */
  node: number
  /** A number whose meaning depends on the kind. */
  amount: number
}

/** The delay after which an answer that was on the way may still cause an alarm. */
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

/** Makes a kind of fault that changes the files of a node while it is down. */
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
