// The whole suite (`npm test`), its quick part (`npm run check`), the long one (`npm run test:long`), or the tests of some
// files (`npm test -- acceptance/cluster`): each step's count is added up into one last line.
import { spawn } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { planOf } from './suites.ts'
import { lastLines, sumOf } from './tally.ts'

const testFiles = globSync('**/*.test.ts', { exclude: ['**/node_modules', '**/dist'] })
const plan = planOf(process.argv.slice(2), testFiles)
if ('refused' in plan) {
  process.stderr.write(`${plan.refused}\n`)
  process.exit(1)
}
const bin = (name) => join('node_modules', '.bin', name)
const scratch = mkdtempSync(join(tmpdir(), 'headgate-test-'))
const checks = [
  ['format and lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['types', 'tsc', '-p', '.'],
  ['types of the console', 'tsc', '-p', 'nodes/control/console'],
  ['dead code', 'knip', '--no-progress'],
]
const isUnit = (suite) => suite === 'unit'
const tallies = []
// The checks run beside the unit tests, not beside those that depend on real time.
await Promise.all([plan.checks ? check() : undefined, test(plan.suites.filter(isUnit))])
await test(plan.suites.filter((suite) => !isUnit(suite)))
rmSync(scratch, { recursive: true, force: true })
const total = sumOf(tallies)
process.stdout.write(lastLines(total))
process.exit(total.failed === 0 ? 0 : 1)

async function check() {
  for (const [name, command, ...args] of checks) {
    const startedAt = performance.now()
    const { code, output } = await run(command, args, { quiet: true })
    const isOk = code === 0
    tallies.push({ passed: isOk ? 1 : 0, failed: isOk ? 0 : 1, secondTries: [] })
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    process.stdout.write(`${isOk ? 'ok  ' : 'FAIL'} ${name} (${seconds} s)\n${isOk ? '' : output}`)
  }
}

async function test(suites) {
  if (suites.length === 0) return
  const path = join(scratch, `${suites[0]}.json`)
  const args = ['run', ...suites.map((suite) => `--project=${suite}`), ...plan.filters]
  const environment = { HEADGATE_TEST_TALLY: path, ...(suites.includes('long') ? { HEADGATE_TEST_LONG: 'on' } : {}) }
  const { code } = await run('vitest', args, { quiet: false, environment })
  const tally = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { passed: 0, failed: 0, secondTries: [] }
  // A run that ends badly must not pass for success, whatever it counted.
  tallies.push({ ...tally, failed: code === 0 ? tally.failed : Math.max(1, tally.failed) })
}

function run(command, args, { quiet, environment = {} }) {
  return new Promise((done) => {
    const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim()
    const child = spawn(bin(command), args, {
      env: { ...process.env, NODE_OPTIONS, ...environment },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data))
    child.on('error', (error) => done({ code: 1, output: `${error.message}\n` }))
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
}
