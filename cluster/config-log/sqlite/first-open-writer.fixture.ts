// A thread that makes new logs, one after the other.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { openLogDatabase } from './sqlite-database.ts'

const { folder, logs } = workerData as { folder: string; logs: number }
parentPort?.postMessage('ready')
for (let i = 0; i < logs; i++) {
  const opened = openLogDatabase({ path: join(folder, `${i}.sqlite`), readOnly: false })
  assert(opened.ok && opened.value !== undefined)
  opened.value.close()
}
