// Portkey appends its headers to those of the fetched answer. Releases of @hono/node-server since 1.19 hand it the very
// headers of that answer, which are immutable, and every stream fails with a 500. A copy of them, a few microseconds of
// the many hundreds that a request costs it, keeps the peer in the comparison.
const { fetch } = globalThis
globalThis.fetch = async (...args) => {
  const response = await fetch(...args)
  return Object.defineProperty(response, 'headers', { value: new Headers(response.headers) })
}
