// The threat model in docs/threat-model.md: every attack names a test that is there, or says what is still open.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { faultOfRow } from './named-tests.ts'

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'threat-model.md'), 'utf8')
const rows = page.split('\n').filter((line) => /^\| [A-Z]\d+ \|/.test(line))
const idOf = (row: string) => row.split(' | ')[0]?.slice(2)

/** An open row has nothing that stops the attack, or says so beside it, and what is missing. */
const isOpen = (row: string) => /\| open: \S.{15,} \|$/.test(row)

test.each(rows.map((row) => [idOf(row), row]))('%s names a test that is there, or is open', (_, row) => {
  if (!isOpen(row)) expect(faultOfRow(row)).toBeUndefined()
})

test('each attack has an id of its own, and a cell for what it is, what stops it and what shows that', () => {
  expect(rows.length).toBeGreaterThan(80)
  expect(new Set(rows.map(idOf)).size).toBe(rows.length)
  // A name of a test may hold the sign that separates cells.
  expect(rows.filter((row) => row.replace(/\*.*\*/, '').split('|').length !== 6)).toEqual([])
})

test('every table of attacks is counted', () => {
  const tables = page.split('\n').filter((line) => line.startsWith('| id | attack |'))
  expect(tables.length).toBe(new Set(rows.map((row) => idOf(row)?.[0])).size)
})
