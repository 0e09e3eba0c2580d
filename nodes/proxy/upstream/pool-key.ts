import type { UpstreamOrigin } from './upstream.ts'

// Kept per origin object, which a configuration makes once.
const keys = new WeakMap<UpstreamOrigin, string>()

/** Two providers at one address with different certificates must not share connections. */
export function poolKey(origin: UpstreamOrigin): string {
  if (origin.tls === undefined) return origin.key
  let poolKey = keys.get(origin)
  if (poolKey === undefined) {
    const { ca, cert, key } = origin.tls
    poolKey = JSON.stringify([origin.key, ca, cert, key])
    keys.set(origin, poolKey)
  }
  return poolKey
}
