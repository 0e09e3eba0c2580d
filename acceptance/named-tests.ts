// Rows of tables in the documentation whose last cell names a test: its file in code, and its name in emphasis.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Returns what is wrong with the test that a row names; undefined when the test is there. */
export function faultOfRow(row: string): string | undefined {
  const [, file, name] = /`([\w./-]+(?:\.test|-contract)\.ts)` \*(.+)\* \|$/.exec(row) ?? []
  if (file === undefined || name === undefined) return `it names no test: ${row}`
  const path = join(root, file)
  if (!existsSync(path)) return `there is no ${file}`
  return holds(readFileSync(path, 'utf8'), name) ? undefined : `${file} has no test "${name}"`
}

/** Whether a source contains the name of a test, whose quotes may be escaped there. */
function holds(text: string, name: string): boolean {
  return text.includes(name) || text.includes(name.replaceAll("'", "\\'"))
}
