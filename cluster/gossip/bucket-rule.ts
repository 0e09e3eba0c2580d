// What a bucket allows. Amounts are requests, tokens or nano-dollars; the bucket does not know which.

export interface BucketRule {
  /** `flow`: refilled all the time. `window`: full again when its window changes. `gauge`: charges are given back (concurrency). */
  readonly kind: 'flow' | 'window' | 'gauge'
  /** The amount in a full bucket. */
  readonly capacity: number
  /** The amount that comes back in a millisecond; 0 for windows and gauges. */
  readonly perMs: number
  /** The nodes come to agree about the balance of a flow: what each of them began with was told by somebody outside, at another moment. */
  readonly isAgreed?: true
}

/** A charge that was taken from a bucket. It is adjusted or given back under this name. */
export interface Charge {
  readonly slot: number
  /** Tells the bucket from a later one in the same slot. */
  readonly generation: number
  readonly window: number
}

/** Why a bucket has too little: for a while, or for ever, because a full bucket holds less than was asked for. A wait of 0 ends with
 *  the window, or when somebody gives something back. */
export type Shortage = { readonly type: 'short'; readonly waitMs: number } | { readonly type: 'too-large' }
