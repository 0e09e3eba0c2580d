// A number in [0, 1) that is derived from a request instead of from chance: the same request draws the same target from the
// same weight table, on every replay.

/** The draw of one attempt. `attempt` counts from 0; `salt` combines the revisions of the configuration and of the weight table. */
export function drawOf(requestId: string, attempt: number, salt: number): number {
  // FNV-1a over the id, then the finalizer of MurmurHash3, which spreads ids that differ only in their last digit.
  let hash = 0x811c9dc5
  for (let i = 0; i < requestId.length; i++) hash = Math.imul(hash ^ requestId.charCodeAt(i), 0x01000193)
  return mixed(mixed(hash ^ Math.imul(attempt + 1, 0x9e3779b1)) ^ salt) / 2 ** 32
}

function mixed(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}
