import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const run = `
import { startVitest } from 'vitest/node'
import { TallyReporter } from './scripts/tally-reporter.ts'
const reporters = [new TallyReporter(process.argv[1])]
await startVitest('test', [], { config: false, watch: false, include: ['scripts/second-try.fixture.ts'], retry: 1, reporters })
`

test('a run leaves its counts, and names the tests that were tried again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-tally-'))
  const path = join(folder, 'tally.json')
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', run, path], {
      cwd: join(import.meta.dirname, '..'),
      env: { PATH: process.env['PATH'] },
    })
    expect(status, `${stderr}`).toBe(1)
    const file = 'scripts/second-try.fixture.ts'
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      passed: 2,
      failed: 1,
      secondTries: [`${file} > passes at its second try`, `${file} > never passes`],
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
