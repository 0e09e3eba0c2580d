// Runs `.ts` sources as they are, from a cache of stripped files. Node strips types by itself, but its stripper is a
// WebAssembly module that costs about 15 MB in every thread; with the cache warm it is never loaded. The first source that
// is not in the cache has all of them stripped by a process of its own, whose memory does not stay. Stripping keeps every
// position, so stack traces point into the sources.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const self = fileURLToPath(import.meta.url)
const root = join(dirname(self), '..')
const rooms = ['shared', 'cluster', 'nodes', 'loadtest']
const cacheFolder = join(root, 'node_modules', '.cache', 'headgate-types')
let warmed = false

mkdirSync(cacheFolder, { recursive: true })
if (process.argv[1] === self) stripAll()
else {
  module.enableCompileCache?.(join(cacheFolder, 'compiled'))
  module.registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
      return { format: 'module', shortCircuit: true, source: strippedSource(fileURLToPath(url)) }
    },
  })
}

/** @param {string} path */
function strippedSource(path) {
  const source = readFileSync(path)
  const cached = cachedPath(source)
  const found = read(cached)
  if (found !== undefined) return found
  if (!warmed) {
    warmed = true
    execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', self])
    const fresh = read(cached)
    if (fresh !== undefined) return fresh
  }
  return strip(source, cached) // a file outside of the rooms
}

function stripAll() {
  for (const room of rooms) {
    for (const entry of readdirSync(join(root, room), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.parentPath.includes('node_modules')) continue
      const source = readFileSync(join(entry.parentPath, entry.name))
      const cached = cachedPath(source)
      if (read(cached) === undefined) strip(source, cached)
    }
  }
}

/** @param {Buffer} source @param {string} cached */
function strip(source, cached) {
  const stripped = module.stripTypeScriptTypes(source.toString(), { mode: 'strip' })
  // Two threads may strip the same file: whoever renames last wins with equal bytes.
  const partial = `${cached}.${process.pid}.${Math.trunc(performance.now() * 1000)}`
  writeFileSync(partial, stripped)
  renameSync(partial, cached)
  return stripped
}

/** @param {Buffer} source */
function cachedPath(source) {
  return join(cacheFolder, `${createHash('sha1').update(process.version).update(source).digest('hex')}.js`)
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
