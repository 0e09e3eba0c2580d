import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, expect, test } from 'vitest'
import { openLogDatabase } from './sqlite-database.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-first-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('a reader that comes while the log is being made finds no log yet or a whole one', {
  timeout: 60_000,
}, async () => {
  const logs = 150
  const worker = new Worker(join(import.meta.dirname, 'first-open-writer.fixture.ts'), {
    workerData: { folder, logs },
    execArgv: ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'],
  })
  const ended = new Promise((resolve) => worker.once('exit', resolve))
  await new Promise((resolve) => worker.once('message', resolve))
  let early = 0
  for (let i = 0; i < logs; i++) {
    for (;;) {
      const opened = openLogDatabase({ path: join(folder, `${i}.sqlite`), readOnly: true })
      // A log that is just being switched to WAL may be locked for a moment.
      if (!opened.ok) expect(opened.error.type).toBe('unavailable')
      else if (opened.value === undefined) early++
      else {
        opened.value.close()
        break
      }
    }
  }
  await ended
  expect(early).toBeGreaterThan(0)
})
