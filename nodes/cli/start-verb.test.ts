import { expect, test } from 'vitest'
import { buildProgram } from './program.ts'
import { readStart, type StartVerb } from './start-verb.ts'

/** Reads the words with the whole command line, as the program does. */
async function readByProgram(words: readonly string[]): Promise<StartVerb | undefined> {
  let read: StartVerb | undefined
  const start = async (verb: StartVerb) => {
    read = verb
  }
  const terminal = { out: () => {}, err: () => {}, colours: false, write: () => Promise.resolve() }
  await buildProgram({ version: '1.2.3', start, terminal })
    .parseAsync(words, { from: 'user' })
    .catch(() => {})
  return read
}

test.each([
  ['start'],
  ['start', '--auto'],
  ['start', '--role', 'proxy'],
  ['start', '--role=control', '--auto'],
  ['start', '--role', 'all'],
])('%s %s %s is read as the program reads it', async (...words) => {
  expect(readStart(words)).toEqual(await readByProgram(words))
  expect(readStart(words)).toBeDefined()
})

test.each([
  ['start', '--help'],
  ['start', '--role', 'queen'],
  ['start', '--rol', 'proxy'],
  ['start', '--role'],
  ['start', 'now'],
  ['status'],
  ['--json', 'status'],
  [],
])('%s %s %s is left to the program', (...words) => {
  expect(readStart(words)).toBeUndefined()
})
