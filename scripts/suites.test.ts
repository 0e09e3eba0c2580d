import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { slowFiles } from './slow-first.ts'
import { planOf, scaledFiles, suitesOf } from './suites.ts'

const root = join(import.meta.dirname, '..')
const files = [
  'shared/json/scan.test.ts',
  'acceptance/cluster-kills.integration.test.ts',
  'acceptance/cluster-clocks.integration.test.ts',
  'acceptance/cluster-figures.long.test.ts',
  'nodes/control/console/console.browser.test.ts',
]

test('a command without words runs all suites but the long one, and the checks', () => {
  expect(planOf([], files)).toEqual({ suites: ['unit', 'integration', 'browser'], filters: [], checks: true })
  expect(planOf(['--fast'], files)).toEqual({ suites: ['unit'], filters: [], checks: true })
  expect(planOf(['--long'], files)).toEqual({ suites: ['long'], filters: [], checks: false })
})

test.each([
  [['acceptance/cluster'], ['integration']],
  [['./acceptance/cluster-clocks.integration.test.ts'], ['integration']],
  [['JSON/scan'], ['unit']],
  [
    ['scan', 'console'],
    ['unit', 'browser'],
  ],
  [['--long', 'kills'], ['long']],
])('of %j only the suites run that have a file of it', (words, suites) => {
  expect(planOf(words, files)).toMatchObject({ suites, checks: false })
})

test.each([
  [['typo'], 'No test file matches "typo".'],
  [['scan', 'typo'], 'No test file matches "typo".'],
  [['--long', 'typo'], 'No test file matches "typo".'],
  [
    ['figures'],
    'No test file of this command matches "figures"; `npm run test:long -- figures` runs long tests of that name.',
  ],
  [
    ['--fast', 'clocks'],
    'No test file of this command matches "clocks"; `npm test -- clocks` runs integration tests of that name.',
  ],
  [['--watch'], '--watch is no option of the test runner.'],
])('%j is refused', (words, refused) => {
  expect(planOf(words, files)).toEqual({ refused })
})

test.each([...scaledFiles, ...slowFiles])('there is one file of the name %s', (name) => {
  expect(globSync(`**/${name}`, { cwd: root, exclude: ['**/node_modules'] })).toHaveLength(1)
})

test('a scaled file runs in the long suite as well', () => {
  expect(suitesOf('acceptance/cluster-kills.integration.test.ts')).toEqual(['integration', 'long'])
  expect(suitesOf('cluster/simulation/simulation.test.ts')).toEqual(['unit', 'long'])
})

test('the command fails with the sentence, and runs nothing', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/test.mjs', 'typo-of-somebody'], {
    cwd: root,
  })
  expect([status, `${stdout}`]).toEqual([1, ''])
  expect(`${stderr}`).toContain('No test file matches "typo-of-somebody".')
})
