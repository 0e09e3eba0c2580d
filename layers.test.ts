// Who may import whom, and how long functions and files and how large folders may grow. Read from the sources, because no
// other tool does it here.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { circlesOf } from './layers/circles.ts'

const root = import.meta.dirname
const rooms = ['shared', 'cluster', 'nodes', 'loadtest', 'acceptance']
const sources = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('/dist'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
)
const isTest = (file: string) =>
  /\.(test|fixture|bench)\.tsx?$|-contract\.ts$|\/test-[a-z-]+\.ts$|scripted-peer/.test(file)

/** Relative imports of a file, as paths from the root. `import type` counts: a layer is about knowledge. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  const found = text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)
  return [...found].map(([, path]) => relative(root, resolve(root, dirname(file), path!)))
}

/** The `headgate` command and the room `process` put nodes together; the cluster on one machine uses what a process has. */
function mayCompose(part: string, otherPart: string): boolean {
  return part === 'headgate.ts' || part === 'process' || (part === 'local-cluster' && otherPart === 'process')
}

/** The reason why a file may not import another one; undefined when it may. */
function broken(file: string, imported: string): string | undefined {
  const [room, part, stage] = file.split('/')
  const [otherRoom, otherPart, otherStage] = imported.split('/')
  if (room === 'shared' && otherRoom !== 'shared') return 'shared imports nothing'
  if (room === 'cluster' && !['shared', 'cluster'].includes(otherRoom!)) return 'cluster knows shared alone'
  if ((room === 'loadtest' || room === 'acceptance') && otherRoom === 'nodes') return 'it speaks HTTP to nodes'
  if (room !== 'nodes') return undefined
  if (otherRoom === 'loadtest' || otherRoom === 'acceptance') return 'nodes do not know their tests'
  if (otherRoom === 'nodes' && part !== otherPart && !mayCompose(part!, otherPart!)) {
    return 'nodes never import one another'
  }
  if (part === 'proxy' && otherPart === 'proxy' && !mayKnow(stage!, otherStage!))
    return 'a room of the proxy knows the rooms above it in the list alone'
  return undefined
}

/** The rooms of the proxy, in order. A file may import its own room and any room above it; rooms of one row do not know each
 *  other. */
const proxyRooms = [
  ['http', 'auth', 'routing', 'upstream', 'telemetry', 'dialects', 'provider-objects', 'large'],
  ['quotas'],
  ['errors', 'operations', 'providers'],
  ['snapshot', 'conversations', 'streams'],
  ['request'],
  ['accounting', 'translators'],
  ['admission', 'policies'],
  ['prompts', 'limits', 'guardrails', 'cache'],
  ['attempts', 'jobs'],
  ['apis'],
  ['pipeline.ts'],
  ['main.ts'],
]

function mayKnow(room: string, other: string): boolean {
  if (room === other) return true
  const level = (name: string) => proxyRooms.findIndex((row) => row.includes(name))
  return level(other) >= 0 && level(other) < level(room)
}

test('every room of the proxy stands in the list, and nothing else lies at its root', () => {
  const root = new Set(sources.filter((file) => file.startsWith('nodes/proxy/')).map((file) => file.split('/')[2]!))
  const listed = new Set([...proxyRooms.flat(), 'test-proxy.ts'])
  expect([...root].filter((name) => !listed.has(name))).toEqual([])
})

test('imports follow the layers', () => {
  const offences = sources
    .filter((file) => !isTest(file))
    .flatMap((file) => importsOf(file).map((imported) => ({ file, imported, reason: broken(file, imported) })))
    .filter(({ reason }) => reason !== undefined)
    .map(({ file, imported, reason }) => `${file} → ${imported}: ${reason}`)
  expect(offences).toEqual([])
})

const settled = sources.filter((file) => !file.startsWith('acceptance/'))
/** Counted in the size of a folder and held to the length of a file. */
const counted = settled.filter((file) => !isTest(file) && !/-rig\.ts$|\.d\.ts$|\/console\//.test(file))

test('no files import one another in a circle', () => {
  const files = settled.filter((file) => !file.includes('/console/'))
  const graph = new Map(files.map((file) => [file, new Set(importsOf(file))]))
  expect(circlesOf(graph)).toEqual([])
  expect(graph.get('cluster/config-log/follower/follower.ts')?.size).toBeGreaterThan(10)
})

/** Their folders are rooms: no two of them know each other, however far around. */
const housesOfRooms = ['shared', 'cluster', 'cluster/config-log', 'nodes/proxy']

test.each(housesOfRooms)('no rooms of %s import one another in a circle', (house) => {
  const graph = new Map<string, Set<string>>()
  for (const file of settled.filter((one) => !isTest(one))) {
    const room = roomOf(house, file)
    if (room === undefined) continue
    const others = importsOf(file).map((imported) => roomOf(house, imported))
    const known = graph.get(room) ?? new Set()
    for (const other of others) if (other !== undefined && other !== room) known.add(other)
    graph.set(room, known)
  }
  expect(circlesOf(graph)).toEqual([])
  expect(graph.size).toBeGreaterThan(5)
})

/** The folder of `house` that the file is in; undefined for a file that is elsewhere or lies loose. */
function roomOf(house: string, file: string): string | undefined {
  if (!file.startsWith(`${house}/`)) return undefined
  const [room, ...rest] = file.slice(house.length + 1).split('/')
  return rest.length === 0 ? undefined : room
}

/** Source files of a folder at most. Those that stand here held more when the rule came; they may only shrink. */
const folderFilesMax = 25
const largerFolders: Record<string, number> = {}

test('no folder has grown past what one can read at a glance', () => {
  const sizes = new Map<string, number>()
  for (const file of counted) sizes.set(dirname(file), (sizes.get(dirname(file)) ?? 0) + 1)
  const offences = [...sizes].filter(([folder, files]) => files > (largerFolders[folder] ?? folderFilesMax))
  expect(offences).toEqual([])
})

/** Lines of a file at most. Those that stand here were longer when the rule came; they may only shrink. */
const fileLinesMax = 300
const longerFiles: Record<string, number> = {}

test('no file has grown past one idea', () => {
  const offences = counted
    .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
    .filter(({ file, lines }) => lines > (longerFiles[file] ?? fileLinesMax))
  expect(offences).toEqual([])
})

/** Files that hold the real clock and real chance: threads, processes, and the clock itself. */
const realTimeRoots =
  /^nodes\/headgate\.ts$|^nodes\/process\/threads\/worker\.ts$|^nodes\/local-cluster\/main\.ts$|^nodes\/cli\/|\/console\/|^shared\/clock\.ts$/
/** They hand the real ones to what they start, and never read them. */
const realTimeRigs = /-rig\.ts$|\/testing\/|^cluster\/simulation\/simulate-main\.ts$/

test.each([
  ['read', /\b(Date\.now|Math\.random)\(/, realTimeRoots],
  [
    'named',
    /\bMath\.random\b|^(?!import).*\bsystemClock\b/m,
    new RegExp(`${realTimeRoots.source}|${realTimeRigs.source}`),
  ],
])(
  'time and chance are passed in: the real ones are %s by composition roots and the command line alone',
  (_how, text, roots) => {
    const offences = sources
      .filter((file) => !roots.test(file) && !/^(loadtest|acceptance)\//.test(file) && !isTest(file))
      .filter((file) => text.test(readFileSync(join(root, file), 'utf8')))
    expect(offences).toEqual([])
  },
)

test('members of an object are written out: a literal that is spread hides mistyped ones', () => {
  const offences = sources.filter((file) => /\.\.\.\{(?!\s*\.\.\.)/.test(readFileSync(join(root, file), 'utf8')))
  expect(offences).toEqual([])
})

test('uWebSockets.js is known to its room alone', () => {
  const offences = sources
    .filter((file) => !file.startsWith('nodes/proxy/http/') && !file.startsWith('loadtest/mock-upstream/'))
    .filter((file) => /from 'uWebSockets\.js'/.test(readFileSync(join(root, file), 'utf8')))
  expect(offences).toEqual([])
})

/** Entry points of a node, and the packages that each thread of it loads when nothing is configured that needs more. */
const startPackages: [file: string, packages: string[]][] = [
  ['nodes/headgate.ts', []],
  ['nodes/process/start.ts', []],
  ['nodes/proxy/main.ts', ['@msgpack/msgpack', 'uWebSockets.js']],
  ['nodes/process/threads/worker.ts', []],
  ['nodes/process/threads/control-thread.ts', ['@msgpack/msgpack', 'zod']],
  ['nodes/process/threads/aggregator-thread.ts', []],
  ['nodes/process/threads/aggregator-alone.ts', ['@msgpack/msgpack']],
]

test.each(startPackages)('%s loads few packages', (file, packages) => {
  const imported = [...loadedFrom(file)].flatMap((one) => runtimeImportsOf(one))
  const found = imported.filter((name) => /^[^./]/.test(name) && !name.startsWith('node:') && !isSource(name))
  expect([...new Set(found)].sort()).toEqual(packages)
})

test('no node imports functions of node:http: that would load fetch, 5 MB in each thread', () => {
  const offences = sources
    .filter((file) => /^(shared|cluster|nodes)\//.test(file) && !isTest(file) && !file.includes('/console/'))
    .filter((file) => runtimeImportsOf(file).includes('node:http'))
  expect(offences).toEqual([])
})

const isSource = (name: string) => rooms.some((room) => name.startsWith(`${room}/`))

/** Everything that is loaded with a file. What it imports later, by `import()` or `require`, is not. */
function loadedFrom(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded
  loaded.add(file)
  for (const imported of runtimeImportsOf(file)) if (isSource(imported)) loadedFrom(imported, loaded)
  return loaded
}

/** Sources as paths from the root, packages by their names. */
function runtimeImportsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8').replace(/^(import|export) type[^']*'[^']*'/gm, '')
  return [...text.matchAll(/^(?:import|export)\b(?:[^'=;]*?\bfrom)?\s*'([^']+)'/gm)].map(([, path = '']) =>
    path.startsWith('.') ? relative(root, resolve(root, dirname(file), path)) : path,
  )
}

/** Lines of a function at most: a screen. */
const linesMax = 62

test('no function has grown past a screen', () => {
  const offences = sources.filter((file) => !isTest(file) && !file.endsWith('.tsx')).flatMap(longFunctions)
  expect(offences).toEqual([])
})

/** The functions and methods of a file that are too long. One ends at the brace with the indentation of its head. */
function longFunctions(file: string): string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  const found: string[] = []
  for (const [index, line] of lines.entries()) {
    const head = /^( *)(?:(?:export )?(?:async )?function\*? (\w+)|(?:static |async )*(#?\w+)\(.*\{$)/.exec(line)
    if (head === null || /^\s*(if|for|while|switch|return|catch)\b/.test(line)) continue
    const end = lines.findIndex((other, i) => i > index && new RegExp(`^${head[1]}}[ ,;)]*`).test(other))
    const name = `${file} ${head[2] ?? head[3]}`
    if (end - index > linesMax) found.push(`${name}: ${end - index} lines`)
  }
  return found
}

/** Code that stands in one place of the proxy alone, so that there is no second way in or out. */
const onlyPlaces: readonly (readonly [text: RegExp, file: string, except: string])[] = [
  [/\bidentify\(/, 'nodes/proxy/admission/admit.ts', 'nodes/proxy/auth/'],
  [/type: 'overloaded'/, 'nodes/proxy/admission/admit.ts', 'nodes/proxy/http/'],
  [/'x-headgate-user'/, 'nodes/proxy/admission/admit.ts', ''],
  [/recorder\.finish\(/, 'nodes/proxy/accounting/settle.ts', 'nodes/proxy/accounting/intents/'],
]

test.each(onlyPlaces)('%s stands in %s alone', (text, file, except) => {
  const found = sources
    .filter((one) => one.startsWith('nodes/proxy/') && !isTest(one) && (except === '' || !one.startsWith(except)))
    .filter((one) => text.test(readFileSync(join(root, one), 'utf8')))
  expect(found).toEqual([file])
})

/** Rooms that are tested without a process. */
const testedRooms = ['admission', 'attempts', 'accounting', 'errors', 'policies', 'request', 'translators']

test('every file of the upper rooms that holds code has a test with its stem', () => {
  const tested = new Set(sources)
  const offences = sources
    .filter((file) => testedRooms.some((room) => file.startsWith(`nodes/proxy/${room}/`)) && !isTest(file))
    .filter((file) =>
      /^export (async )?(function|class|abstract class|const)/m.test(readFileSync(join(root, file), 'utf8')),
    )
    .filter((file) => !tested.has(file.replace(/\.ts$/, '.test.ts')))
  expect(offences).toEqual([])
})
