// The contract in docs/degraded-mode.md, and the faults in docs/fault-matrix.md: every row names a test, and the test is there.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const rowsOf = (page: string): string[] => {
  const [tables] = readFileSync(join(root, 'docs', page), 'utf8').split('## Long runs')
  return tables!.split('\n').filter((line) => line.startsWith('| ') && !/^\| (what|id|---)/.test(line))
}
const contract = rowsOf('degraded-mode.md')
const faults = rowsOf('fault-matrix.md')

/** The file and the name of the test in a row's last cell. */
function testOf(row: string): { file: string; name: string } | undefined {
  const [, file, name] = /`([\w./-]+(?:\.test|-contract)\.ts)` \*(.+)\* \|$/.exec(row) ?? []
  return file === undefined || name === undefined ? undefined : { file, name }
}

/** Whether a source contains the name of a test, whose quotes may be escaped there. */
function holds(text: string, name: string): boolean {
  return text.includes(name) || text.includes(name.replaceAll("'", "\\'"))
}

test.each([...contract, ...faults].map((row) => [row.slice(2, 80), row]))(
  '%s… names a test that is there',
  (_, row) => {
    const named = testOf(row)
    expect(named, row).toBeDefined()
    const path = join(root, named!.file)
    expect(existsSync(path), named!.file).toBe(true)
    expect(holds(readFileSync(path, 'utf8'), named!.name), `${named!.file} has no test "${named!.name}"`).toBe(true)
  },
)

test('there are rows', () => expect([contract.length > 40, faults.length > 40]).toEqual([true, true]))
