// The whole suite (`npm test`), its quick part (`npm run check`), or the tests of some files (`npm test -- acceptance/cluster`):
// each step's count is added up into one last line.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const fast = process.argv.includes('--fast')
const files = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const bin = (name) => join('node_modules', '.bin', name)
const scratch = mkdtempSync(join(tmpdir(), 'headgate-test-'))
/** Of tests with real processes and real time: a machine that is shared may hold one up. What needed it says so (`retry x1`). */
const retries = Number(process.env.HEADGATE_TEST_RETRIES ?? 0)
let passed = 0
let failed = 0

if (files.length === 0) {
  await tool('format and lint', bin('biome'), ['check', '--error-on-warnings', '.'])
  await tool('types', bin('tsc'), ['-p', '.'])
  await tool('types of the console', bin('tsc'), ['-p', 'nodes/control/console'])
  await tool('dead code', bin('knip'), ['--no-progress'])
}
await suite('unit')
if (!fast) {
  await suite('integration')
  await suite('browser')
}
rmSync(scratch, { recursive: true, force: true })
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)

async function tool(name, command, args) {
  const startedAt = performance.now()
  const { code, output } = await run(command, args, { quiet: true })
  if (code === 0) passed++
  else failed++
  process.stdout.write(
    `${code === 0 ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)\n`,
  )
  if (code !== 0) process.stdout.write(output)
}

async function suite(project) {
  const report = join(scratch, `${project}.json`)
  const args = [
    'run',
    '--project',
    project,
    '--passWithNoTests',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    // These wait for other processes most of the time.
    ...(project === 'integration' ? ['--maxWorkers=3', `--retry=${retries}`] : []),
    ...files,
  ]
  const { code } = await run(bin('vitest'), args, { quiet: false })
  try {
    const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'))
    passed += numPassedTests
    // A file that fails to load has no failed test; it must not pass for success.
    failed += numFailedTests > 0 ? numFailedTests : code === 0 ? 0 : Math.max(1, numFailedTestSuites)
  } catch {
    failed++
  }
}

function run(command, args, { quiet }) {
  return new Promise((done) => {
    const NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim()
    const child = spawn(command, args, {
      env: { ...process.env, NODE_OPTIONS },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
    })
    let output = ''
    child.stdout?.on('data', (data) => {
      output += data
    })
    child.stderr?.on('data', (data) => {
      output += data
    })
    child.on('error', (error) => done({ code: 1, output: `${error.message}\n` }))
    child.on('close', (code) => done({ code: code ?? 1, output }))
  })
}
