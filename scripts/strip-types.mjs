// Runs `.ts` sources as they are, from a cache of stripped files. Node strips types by itself, but its stripper is a
// WebAssembly module that costs about 15 MB in every thread; with the cache warm it is never loaded. Stripping keeps
// every position, so stack traces point into the sources.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cacheFolder = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.cache', 'headgate-types')
mkdirSync(cacheFolder, { recursive: true })
module.enableCompileCache?.(join(cacheFolder, 'compiled'))

function strippedSource(path) {
  const source = readFileSync(path)
  const cached = join(cacheFolder, `${createHash('sha1').update(process.version).update(source).digest('hex')}.js`)
  try {
    return readFileSync(cached, 'utf8')
  } catch {
    const stripped = module.stripTypeScriptTypes(source.toString(), { mode: 'strip' })
    const partial = `${cached}.${process.pid}.${Math.trunc(performance.now() * 1000)}`
    writeFileSync(partial, stripped)
    renameSync(partial, cached) // two threads may strip the same file: whoever renames last wins with equal bytes
    return stripped
  }
}

module.registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
    return { format: 'module', shortCircuit: true, source: strippedSource(fileURLToPath(url)) }
  },
})
