// The `ws` package, loaded when the first provider with realtime sessions is configured. By `require`, for the reason that
// `shared/msgpack.ts` names.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
let loaded: typeof import('ws') | undefined

export function webSocketLibrary(): typeof import('ws') {
  loaded ??= require('ws') as typeof import('ws')
  return loaded
}
