import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { atExit } from './at-exit.ts'

test('any number of functions are one listener of the process, and none when all are taken back', () => {
  const before = process.listenerCount('exit')
  const takeBack = Array.from({ length: 20 }, () => atExit(() => {}))
  expect(process.listenerCount('exit')).toBe(before + 1)
  for (const one of takeBack) one()
  expect(process.listenerCount('exit')).toBe(before)
})

test('at the end of a process every function runs but those that were taken back', () => {
  const script = `
    import { atExit } from './at-exit.ts'
    atExit(() => console.log('one'))
    atExit(() => console.log('two'))()
    atExit(() => console.log('three'))`
  const options = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]
  const printed = execFileSync(process.execPath, options, { cwd: import.meta.dirname, encoding: 'utf8' })
  expect(printed).toBe('one\nthree\n')
})
