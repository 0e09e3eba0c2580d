import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lockFolder } from './folder-lock.ts'

const folder = mkdtempSync(join(tmpdir(), 'headgate-lock-'))
afterAll(() => rmSync(folder, { recursive: true }))

function startHolder(path: string) {
  const child = fork(join(import.meta.dirname, 'folder-lock-holder.fixture.ts'), [path], {
    execArgv: ['--experimental-strip-types', '--disable-warning=ExperimentalWarning'],
  })
  const answer = once(child, 'message').then(([message]) => message as { locked: boolean; holder?: number })
  return { child, answer }
}

test('of processes that start at once one gets the folder, and its death gives it back', async () => {
  const path = join(folder, 'lock')
  const processes = [1, 2, 3, 4].map(() => startHolder(path))
  const answers = await Promise.all(processes.map(({ answer }) => answer))
  const winners = processes.filter((_one, index) => answers[index]?.locked)
  expect(winners.length).toBe(1)
  const winner = winners[0]!.child
  expect(lockFolder(path, process.pid)).toEqual({ ok: false, error: { type: 'locked', holder: winner.pid } })

  for (const { child } of processes) {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  const lock = lockFolder(path, process.pid)
  expect(lock.ok).toBe(true)
  if (lock.ok) lock.value.release()
})
