// Node's HTTP modules for whoever needs their functions; types may be imported from `node:http`. An `import` reads every
// export of a built-in module, and one of these loads the whole of `fetch`: 5 MB of heap in each thread that imports it.
export const { Agent, createServer, get, request } = process.getBuiltinModule('node:http')

/** The module `node:https`, loaded at the first call because it brings TLS with it. */
export function nodeHttps(): typeof import('node:https') {
  return process.getBuiltinModule('node:https')
}
