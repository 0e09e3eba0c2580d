// A page of another site can make a browser resolve the site's own name to 127.0.0.1 (DNS rebinding) and would then be
// "same origin" with us; the Host header still tells its name (`shared/network/host-names.ts` knows ours), and the Origin header
// tells which site's page asks.

/** True when a browser says that another site's page made the request. Tools send no Origin. */
export function originIsForeign(origin: string | undefined, host: string): boolean {
  if (origin === undefined) return false
  try {
    return new URL(origin).host !== new URL(`http://${host}`).host && new URL(origin).host !== host.toLowerCase()
  } catch {
    return true // `null`, and whatever else is no origin
  }
}
