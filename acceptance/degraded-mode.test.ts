// The contract in docs/degraded-mode.md, and the faults in docs/fault-matrix.md: every row names a test, and the test is there.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultOfRow } from './named-tests.ts'

const root = join(import.meta.dirname, '..')
const rowsOf = (page: string): string[] => {
  const [tables] = readFileSync(join(root, 'docs', page), 'utf8').split('## Long runs')
  return tables!.split('\n').filter((line) => line.startsWith('| ') && !/^\| (what|id|---)/.test(line))
}
const contract = rowsOf('degraded-mode.md')
const faults = rowsOf('fault-matrix.md')

test.each([...contract, ...faults].map((row) => [row.slice(2, 80), row]))(
  '%s… names a test that is there',
  (_, row) => {
    expect(faultOfRow(row)).toBeUndefined()
  },
)

test('there are rows', () => expect([contract.length > 40, faults.length > 40]).toEqual([true, true]))
