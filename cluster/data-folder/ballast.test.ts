import { existsSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { Ballast } from './ballast.ts'

let folder = ''
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function given() {
  folder = mkdtempSync(join(tmpdir(), 'headgate-ballast-'))
  const path = join(folder, 'ballast')
  return { ballast: new Ballast(folder), path, size: () => statSync(path, { throwIfNoEntry: false })?.size ?? 0 }
}

test('it takes 4 MiB, once, and fills up what is missing', () => {
  const { ballast, path, size } = given()
  ballast.takeUp()
  ballast.takeUp()
  expect([size(), statSync(path).mode & 0o777]).toEqual([4 << 20, 0o600])
  truncateSync(path, 1 << 20)
  ballast.takeUp()
  expect(size()).toBe(4 << 20)
})

test('with room on the disk it stays, and the probe leaves nothing behind', () => {
  const { ballast, size } = given()
  ballast.takeUp()
  ballast.makeRoom()
  expect(size()).toBe(4 << 20)
  expect(existsSync(join(folder, 'ballast.probe'))).toBe(false)
})
