import type { UpstreamOrigin } from '../upstream.ts'

// Cached per origin object, which a configuration makes once.
const keys = new WeakMap<UpstreamOrigin, string>()

/** Key of an origin's connection pool. Two providers at one address must not share connections when their certificates or
 *  their egress rules differ. */
export function poolKey(origin: UpstreamOrigin): string {
  if (origin.tls === undefined && origin.egress === undefined) return origin.key
  let poolKey = keys.get(origin)
  if (poolKey === undefined) {
    const { ca, cert, key } = origin.tls ?? {}
    poolKey = JSON.stringify([origin.key, origin.egress, ca, cert, key])
    keys.set(origin, poolKey)
  }
  return poolKey
}
