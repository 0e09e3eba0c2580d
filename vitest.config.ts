import { defineConfig } from 'vitest/config'
import { SlowFirst } from './scripts/slow-first.ts'
import { longSizes, scaledFiles } from './scripts/suites.ts'
import { TallyReporter } from './scripts/tally-reporter.ts'

const project = (name: string, include: string[], more: object) => ({
  test: { name, include, exclude: ['**/node_modules/**', '**/dist/**'], hookTimeout: 300_000, ...more },
})
// Most of these wait for other processes most of the time. The smallest supported machine has two cores, and may be shared: a wait
// for a condition has a minute, which only a failure takes.
const processes = { testTimeout: 300_000, maxWorkers: 4, expect: { poll: { timeout: 60_000 } } }
/** Number of concurrent tests of one file. Tests are marked as concurrent if all they do is wait. */
const maxConcurrency = 20
// Unit tests of one worker share a process and its modules: to load them anew for each file took half of their time.
const unit = project('unit', ['**/*.test.ts'], {
  exclude: ['**/node_modules/**', '**/dist/**', '**/*.{integration,browser,long}.test.ts'],
  isolate: false,
  testTimeout: 60_000,
  maxWorkers: 2,
})
const integration = project('integration', ['**/*.integration.test.ts'], {
  ...processes,
  sequence: { groupOrder: 1 },
  // A machine that is shared may hold one up. What needed a second try is listed at the end.
  retry: Number(process.env['HEADGATE_TEST_RETRIES'] ?? 0),
})
const browser = project('browser', ['**/*.browser.test.ts'], { ...processes, sequence: { groupOrder: 1 } })
const long = project('long', ['**/*.long.test.ts', ...scaledFiles.map((name) => `**/${name}`)], {
  testTimeout: 7_200_000,
  maxWorkers: 1,
  env: { ...longSizes, ...sizesGiven() },
})
const tallyPath = process.env['HEADGATE_TEST_TALLY']

export default defineConfig({
  test: {
    pool: 'forks',
    maxConcurrency,
    sequence: { sequencer: SlowFirst },
    reporters: tallyPath === undefined ? ['default'] : ['default', new TallyReporter(tallyPath)],
    // Only the runner asks for the long one: nobody shall start it by the name of a file.
    projects: process.env['HEADGATE_TEST_LONG'] === 'on' ? [long] : [unit, integration, browser],
  },
})

function sizesGiven(): Record<string, string> {
  const given = Object.keys(longSizes).map((name) => [name, process.env[name]] as const)
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
