// The promises of a cluster, whatever happens to it; each is checked in every world. The numbers are the ones that the
// documents use.
export const promises = {
  'I1 kept': 'what was acknowledged is in the log of every node, unless the stream was destroyed and an alarm says so',
  'I1 answers': 'an answer is true: acknowledged is stored here and durable, refused is not stored, once is once',
  'I2 one state': 'replayed, live, and copied plus tail are the same state at the same revision',
  'I3 converge': 'once everything is healed, all nodes hold the same configuration, and take changes',
  'I7 revoked': 'a revoked key is refused everywhere within the bound',
  'I9 order': 'a node goes from one state to one that follows it, and never mixes two histories',
  'I10 bounds': 'what waits in a node is bounded',
  'I11 forward': 'the revision that a node serves never goes back',
  'I12 refusals': 'every refusal is of a known type, and neither it nor a notice carries a secret',
  'no forgery': 'nothing is served that no node of this cluster decided',
  'one holder': 'no two nodes believe at once that they hold a lease, and each next one has a higher epoch',
  'no stale boot': 'a state older than one acknowledged is never served as the newest',
  alarm: 'a destroyed stream is an alarm where it can be seen',
  'no bug': 'nothing throws',
} as const

export type PromiseName = keyof typeof promises

export interface Breach {
  promise: PromiseName
  atMs: number
  detail: string
}
