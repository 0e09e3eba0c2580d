// Builds the console when its sources differ from what `dist` was built from. The check reads a few dozen small files and
// never loads Vite, so a launcher can afford it at every start; the build itself belongs into a process that ends soon,
// because Vite's memory would stay.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const consoleFolder = import.meta.dirname
const rootFolder = join(consoleFolder, '../../..')
const distFolder = join(consoleFolder, 'dist')
const workFolder = join(rootFolder, '.build')
const workAgeMsMax = 600_000

/**
 * @returns {Promise<'built' | 'unchanged'>}
 * @throws when a source does not compile; `dist` is then as it was.
 */
export async function buildConsoleIfNeeded() {
  const wanted = sourcesHash()
  if (builtFrom() === wanted) return 'unchanged'
  sweepWork()
  const fresh = join(workFolder, `console-${process.pid}`)
  const environmentName = process.env['NODE_ENV']
  try {
    // Vite believes a NODE_ENV that is set already, and would bundle the development build of React.
    process.env['NODE_ENV'] = 'production'
    const { build } = await import('vite')
    await build({
      configFile: join(consoleFolder, 'vite.config.ts'),
      logLevel: 'error',
      mode: 'production',
      build: { outDir: fresh },
    })
    writeFileSync(join(fresh, '.built-from'), wanted)
    install(fresh, wanted)
  } finally {
    if (environmentName === undefined) delete process.env['NODE_ENV']
    else process.env['NODE_ENV'] = environmentName
    rmSync(fresh, { recursive: true, force: true })
  }
  return 'built'
}

// A reader sees the old folder or the new one, never half of one. When another process was faster with the same sources,
// its folder stays and ours goes.
/** @param {string} fresh @param {string} wanted */
function install(fresh, wanted) {
  const retired = `${fresh}-retired`
  try {
    renameSync(distFolder, retired)
  } catch {
    // There was none, or another process has just taken it away.
  }
  try {
    renameSync(fresh, distFolder)
  } catch (error) {
    if (builtFrom() !== wanted) throw error
  }
  rmSync(retired, { recursive: true, force: true })
}

function builtFrom() {
  const stamp = join(distFolder, '.built-from')
  return existsSync(stamp) && existsSync(join(distFolder, 'index.html')) ? readFileSync(stamp, 'utf8') : undefined
}

function sourcesHash() {
  const hash = createHash('sha256')
  for (const file of sourceFiles()) {
    const bytes = readFileSync(file)
    hash.update(`${relative(rootFolder, file)}\0${bytes.length}\0`).update(bytes)
  }
  return hash.update(toolVersions()).digest('hex')
}

function sourceFiles() {
  const trees = ['src', 'public'].flatMap((name) => filesUnder(join(consoleFolder, name)))
  const singles = ['index.html', 'vite.config.ts', 'build.mjs'].map((name) => join(consoleFolder, name))
  // The one file outside of the console that ends up in it; the others are types only.
  const shared = [join(rootFolder, 'shared/result.ts')]
  return [...trees, ...singles, ...shared].filter((file) => !/\.test\.tsx?$/.test(file)).sort()
}

/** @param {string} folder */
function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function toolVersions() {
  const { packages } = JSON.parse(readFileSync(join(rootFolder, 'package-lock.json'), 'utf8'))
  const names = ['vite', '@vitejs/plugin-react', 'react', 'react-dom']
  return names.map((name) => `${name}@${packages[`node_modules/${name}`]?.version}`).join(' ')
}

// A build that was killed leaves its folder behind; one that is still running has a young one.
function sweepWork() {
  mkdirSync(workFolder, { recursive: true })
  for (const name of readdirSync(workFolder)) {
    const path = join(workFolder, name)
    if (!name.startsWith('console-')) continue
    const changedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs
    if (changedMs !== undefined && Date.now() - changedMs > workAgeMsMax) rmSync(path, { recursive: true, force: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildConsoleIfNeeded()
