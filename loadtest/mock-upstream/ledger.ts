// What the mock really received and sent: the other side of every claim that a test or a benchmark makes about a gateway.

export interface Ledger {
  /** Requests whose headers arrived. */
  requests: number
  /** Unary answers sent whole, error answers included. */
  answered: number
  streamsStarted: number
  streamsCompleted: number
  streamsOpen: number
  /** Content chunks handed to the socket. */
  chunks: number
  /** Requests whose peer went away before the answer was whole. */
  earlyCloses: number
  requestBytes: number
  /** CPU time of the mock's process since its start, user and system. */
  cpuMicros: number
}

export interface RecordedRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string
}

export function emptyLedger(): Ledger {
  return {
    requests: 0,
    answered: 0,
    streamsStarted: 0,
    streamsCompleted: 0,
    streamsOpen: 0,
    chunks: 0,
    earlyCloses: 0,
    requestBytes: 0,
    cpuMicros: 0,
  }
}

/** The counts between two readings; `streamsOpen` is that of the later reading. */
export function ledgerSince(before: Ledger, after: Ledger): Ledger {
  const difference = emptyLedger()
  for (const name of Object.keys(difference) as (keyof Ledger)[]) difference[name] = after[name] - before[name]
  return { ...difference, streamsOpen: after.streamsOpen }
}
