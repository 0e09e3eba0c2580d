import { defineConfig } from 'vitest/config'
import { SlowFirst } from './scripts/slow-first.ts'
import { longSizes, scaledFiles } from './scripts/suites.ts'
import { TallyReporter } from './scripts/tally-reporter.ts'

const project = (name: string, include: string[], more: object) => ({
  test: { name, include, exclude: ['**/node_modules/**', '**/dist/**'], hookTimeout: 120_000, ...more },
})
// Most of these wait for other processes most of the time. The smallest supported machine has two cores.
const processes = { testTimeout: 120_000, maxWorkers: 4, expect: { poll: { timeout: 10_000 } } }
/** Of tests of one file that say that they are concurrent, since all they do is wait. */
const maxConcurrency = 20
const tallyPath = process.env['HEADGATE_TEST_TALLY']

export default defineConfig({
  test: {
    pool: 'forks',
    maxConcurrency,
    sequence: { sequencer: SlowFirst },
    reporters: tallyPath === undefined ? ['default'] : ['default', new TallyReporter(tallyPath)],
    projects: [
      // Unit tests of one worker share a process and its modules: to load them anew for each file took half of their time.
      project('unit', ['**/*.test.ts'], {
        exclude: ['**/node_modules/**', '**/dist/**', '**/*.{integration,browser,long}.test.ts'],
        isolate: false,
        testTimeout: 20_000,
        maxWorkers: 2,
      }),
      project('integration', ['**/*.integration.test.ts'], {
        ...processes,
        sequence: { groupOrder: 1 },
        // A machine that is shared may hold one up. What needed a second try is listed at the end.
        retry: Number(process.env['HEADGATE_TEST_RETRIES'] ?? 0),
      }),
      project('browser', ['**/*.browser.test.ts'], { ...processes, sequence: { groupOrder: 1 } }),
      project('long', ['**/*.long.test.ts', ...scaledFiles], {
        testTimeout: 7_200_000,
        maxWorkers: 1,
        sequence: { groupOrder: 2 },
        env: { ...longSizes, ...sizesGiven() },
      }),
    ],
  },
})

function sizesGiven(): Record<string, string> {
  const given = Object.keys(longSizes).map((name) => [name, process.env[name]] as const)
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
