// The `ws` package, loaded when the first provider with realtime sessions is configured.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
let loaded: typeof import('ws') | undefined

export function webSocketLibrary(): typeof import('ws') {
  loaded ??= require('ws') as typeof import('ws')
  return loaded
}
