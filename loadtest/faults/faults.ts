// What the fault proxy can do to a connection. Byte counts are per connection and direction, from its first byte.

export interface Faults {
  /** The port answers connects with a refusal. Open connections live on. */
  refuse: boolean
  /** Connections are accepted; not one byte is read or written. */
  hang: boolean
  /** Faults of bytes from the client to the upstream. */
  requests: DirectionFaults
  /** Faults of bytes from the upstream to the client. */
  answers: DirectionFaults
}

export interface DirectionFaults {
  /** Each read waits this long, plus up to `jitterMs` drawn from the seed. */
  latencyMs: number
  jitterMs: number
  /** Bytes go out in pieces of this size, each in a segment of its own. */
  sliceBytes: number | undefined
  /** The proxy forwards nothing after this many bytes; the connection stays open. */
  stallAfterBytes: number | undefined
  /** The proxy resets both sides after this many bytes. */
  resetAfterBytes: number | undefined
  /** The receiving side sees a clean end after this many bytes. */
  endAfterBytes: number | undefined
  /** The byte at this offset has its lowest bit flipped. */
  flipByteAt: number | undefined
}

const noDirectionFaults: DirectionFaults = {
  latencyMs: 0,
  jitterMs: 0,
  sliceBytes: undefined,
  stallAfterBytes: undefined,
  resetAfterBytes: undefined,
  endAfterBytes: undefined,
  flipByteAt: undefined,
}

/** The faults that a caller asks for; everything else goes well. */
export interface FaultWishes {
  refuse?: boolean
  hang?: boolean
  requests?: Partial<DirectionFaults>
  answers?: Partial<DirectionFaults>
}

export function faultsOf(wishes: FaultWishes): Faults {
  return {
    refuse: wishes.refuse ?? false,
    hang: wishes.hang ?? false,
    requests: { ...noDirectionFaults, ...wishes.requests },
    answers: { ...noDirectionFaults, ...wishes.answers },
  }
}
