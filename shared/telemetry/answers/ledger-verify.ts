// What `headgate ledger verify` asks for: the proof of one partition, a slice at a time.

export type HourSum = readonly [hour: number, events: string, cost: string, saved: string]

export interface VerifyFault {
  /** `chain`: events were changed, added or taken away. `head`: the end of the chain is not as its aggregator left it. `sums`: the sums are
   *  not those of the events. `usage`: usage has another amount. `month`: a closed month is not what its close says. */
  readonly type: 'chain' | 'head' | 'sums' | 'usage' | 'month'
  readonly message: string
}

export interface VerifySlice {
  readonly partition: number
  /** Names the copy that was read: another one has another chain. */
  readonly boot: string
  readonly stage: 'chain' | 'usage'
  /** Events of the slice that were checked. */
  readonly events: number
  /** What the checked events of this slice add up to by hour. */
  readonly hours?: readonly HourSum[]
  /** With the last slice of the chain: the sums that are kept by hour. */
  readonly sums?: readonly HourSum[]
  /** The digest of the last event, in hex. */
  readonly digest?: string
  /** Sums of hours and owners that were compared with usage. */
  readonly compared?: number
  /** Earlier hours are not compared: events of them are no longer kept, or were never booked. */
  readonly firstHour?: number
  readonly faults: readonly VerifyFault[]
  readonly next?: string
}

export function cursorOf(stage: VerifySlice['stage'], from: number): string {
  return `${stage}.${from}`
}

/** Undefined for a text that is no cursor. */
export function readCursor(text: string): { stage: VerifySlice['stage']; from: number } | undefined {
  const [, stage, from] = /^(chain|usage)\.(\d{1,15})$/.exec(text) ?? []
  if (stage === undefined || from === undefined) return undefined
  return { stage: stage as VerifySlice['stage'], from: Number(from) }
}
