import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { HighWaterFile } from './high-water.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-mark-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const macKey = new Uint8Array(32).fill(1)
const hashOf = (revision: number) => String(revision % 10).repeat(64)

function written(...revisions: number[]) {
  const path = join(folder, `mark-${files++}.json`)
  const mark = new HighWaterFile(path, macKey)
  for (const revision of revisions) mark.write({ revision, hash: hashOf(revision) })
  mark.close()
  return path
}

const readAt = (path: string) => new HighWaterFile(path, macKey).read()

test('the newest mark is read back, however many were written', () => {
  for (const revisions of [[1], [1, 2], [1, 2, 3], [5, 6, 7, 8, 100_000]]) {
    const revision = revisions.at(-1)!
    expect(readAt(written(...revisions))).toEqual({
      type: 'at',
      mark: { revision, hash: hashOf(revision) },
      torn: false,
    })
  }
})

test('a mark goes on after it was closed', () => {
  const path = written(1, 2)
  const mark = new HighWaterFile(path, macKey)
  mark.write({ revision: 3, hash: hashOf(3) })
  mark.write({ revision: 4, hash: hashOf(4) })
  expect(readAt(path)).toMatchObject({ mark: { revision: 4 }, torn: false })
  mark.close()
})

test('without a file there is no mark; with nothing that verifies it is damaged', () => {
  expect(readAt(join(folder, 'none.json'))).toEqual({ type: 'absent' })
  for (const content of ['', 'x'.repeat(1024), '{}']) {
    const path = written(1)
    writeFileSync(path, content)
    expect(readAt(path)).toMatchObject({ type: 'damaged' })
  }
  expect(new HighWaterFile(written(1), new Uint8Array(32).fill(2)).read()).toMatchObject({ type: 'damaged' })
})

test('a slot that was being written when the power went leaves the other one', () => {
  const path = written(7, 8)
  const content = readFileSync(path)
  const at = content.indexOf('"revision":8')
  const torn = Buffer.from(content)
  torn.fill(0, at + 40, at + 200)
  writeFileSync(path, torn)
  expect(readAt(path)).toEqual({ type: 'at', mark: { revision: 7, hash: hashOf(7) }, torn: true })
})

test('a flipped bit and a truncation are noticed wherever they are', () => {
  const path = written(7, 8)
  const content = readFileSync(path)
  for (let at = 0; at < content.byteLength; at += 3) {
    const flipped = Buffer.from(content)
    flipped[at]! ^= 1 << (at % 8)
    writeFileSync(path, flipped)
    expect(readAt(path)).toMatchObject({ type: 'at', torn: true })
  }
  for (let length = 0; length < content.byteLength; length += 31) {
    writeFileSync(path, content.subarray(0, length))
    expect(readAt(path)).not.toMatchObject({ torn: false })
  }
})
