// Proves batches of usage. The id of a batch is its MAC over partition, sender and bytes: nobody can invent a batch, file one
// under another partition, or take its id before it is published. One MAC covers all records of a batch. A batch that comes
// again is counted once by its sequences, so nothing else has to tell an old one from a new one.

import { subjectToken } from '../bus/subject-token.ts'
import type { MacVerdict } from '../macs/channel-mac.ts'
import type { MessageMacs } from '../macs/message-macs.ts'

export interface ReceivedBatch {
  readonly partition: number
  /** The sender's node name as it stands in the subject. */
  readonly sender: string
  readonly id: string
  readonly bytes: Uint8Array
}

export interface UsageMac {
  idOf(batch: { partition: number; node: string; bytes: Uint8Array }): string
  /** What is not genuine is counted and raises the alarm. */
  judge(batch: ReceivedBatch): MacVerdict
  /** The same for a batch that was judged before. */
  judgeAgain(batch: ReceivedBatch): MacVerdict
}

export function usageMacOf(macs: MessageMacs): UsageMac {
  const channel = macs.channel('usage')
  return {
    idOf: ({ partition, node, bytes }) => channel.of(contextOf(partition, subjectToken(node)), bytes),
    judge: ({ partition, sender, id, bytes }) =>
      channel.judge({ mac: id, context: contextOf(partition, sender), bytes, subject: `usage.${partition}` }),
    judgeAgain: ({ partition, sender, id, bytes }) =>
      channel.judgeAgain({ mac: id, context: contextOf(partition, sender), bytes }),
  }
}

function contextOf(partition: number, sender: string): string[] {
  return [`usage.${partition}.${sender}`]
}
