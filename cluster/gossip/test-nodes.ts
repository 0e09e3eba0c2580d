// A cluster of nodes that share buckets, on a clock of its own: for tests and for the comparison with other rules.
import { type BucketEntry, SharedBuckets } from './shared-buckets.ts'
import { Members } from './members.ts'

export const tickMs = 200

export class TestNode {
  readonly name: string
  readonly members = new Members(tickMs)
  readonly buckets = new SharedBuckets({ members: this.members, tickMs })
  boot: number
  sequence = 0
  isUrgent = false

  constructor(name: string, boot = 1) {
    this.name = name
    this.boot = boot
    this.buckets.onUrgent = () => {
      this.isUrgent = true
    }
  }

  /** The frame that the node sends now. */
  frame(): TestFrame {
    this.sequence++
    return {
      from: this.name,
      boot: this.boot,
      sequence: this.sequence,
      entries: this.buckets.entries({ frame: this.sequence, max: 10_000 }),
    }
  }

  receive({ from, boot, sequence, entries }: TestFrame, nowMs: number): void {
    let member = this.members.get(from)
    if (member !== undefined && (boot < member.boot || (boot === member.boot && sequence <= member.sequence))) return
    if (member !== undefined && boot > member.boot) {
      this.buckets.removePeer(member.peer)
      member = undefined
    }
    member ??= this.members.add(from, { boot, peer: this.buckets.addPeer(), nowMs })
    this.members.hear(member, sequence, nowMs)
    for (const entry of entries) this.buckets.merge(member, entry, nowMs)
  }
}

export interface TestFrame {
  readonly from: string
  readonly boot: number
  readonly sequence: number
  readonly entries: readonly BucketEntry[]
}
