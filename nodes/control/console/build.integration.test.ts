import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { busyness } from '../../../shared/test-load.ts'
import { buildConsoleIfNeeded } from './build.mjs'

const dist = join(import.meta.dirname, 'dist')

// A process of its own, which records what it imports.
const probe = `
import { registerHooks } from 'node:module'
const imported = []
registerHooks({ resolve(name, context, next) { imported.push(name); return next(name, context) } })
const { buildConsoleIfNeeded } = await import(process.argv[1])
const beganMs = performance.now()
const outcome = await buildConsoleIfNeeded()
process.stdout.write(JSON.stringify({ outcome, tookMs: performance.now() - beganMs, imported }))
`

async function run(): Promise<{ outcome: string; tookMs: number; imported: string[] }> {
  const build = new URL('build.mjs', import.meta.url).href
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', probe, build])
  return JSON.parse(stdout)
}

beforeAll(async () => {
  await buildConsoleIfNeeded()
})

test('nothing is built, and Vite is not even loaded, while the sources are the same', async () => {
  const { outcome, tookMs, imported } = await run()
  expect(outcome).toBe('unchanged')
  expect(imported.filter((name) => name.includes('vite'))).toEqual([])
  expect(tookMs).toBeLessThan(1_000 * busyness()) // usually 10; the bound only tells a build from a check on a busy machine
})

test('two processes that find a stale folder at once leave a whole one', async () => {
  rmSync(join(dist, '.built-from'))
  const outcomes = await Promise.all([run(), run()])
  expect(outcomes.map(({ outcome }) => outcome)).toContain('built')
  expect(await run()).toMatchObject({ outcome: 'unchanged' })
})

test('the build is the production one, whatever environment it was made in', async () => {
  expect(process.env['NODE_ENV']).not.toBe('production')
  rmSync(join(dist, '.built-from'))
  expect(await buildConsoleIfNeeded()).toBe('built')
  const scripts = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.js'))
  expect(scripts).toHaveLength(1)
  expect(readFileSync(join(dist, 'assets', scripts[0]!), 'utf8')).not.toContain('React DevTools')
  expect(process.env['NODE_ENV']).not.toBe('production')
})

test('the page has nothing inline, and nothing in it comes from elsewhere', () => {
  const page = readFileSync(join(dist, 'index.html'), 'utf8')
  expect(page).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/)
  expect(page.match(/(?:src|href)="(?!\/)[^"]*"/g)).toBeNull()
  const styles = readdirSync(join(dist, 'assets')).filter((name) => name.endsWith('.css'))
  expect(styles).toHaveLength(1)
  expect(readFileSync(join(dist, 'assets', styles[0]!), 'utf8')).not.toMatch(/url\(|@import/)
})
