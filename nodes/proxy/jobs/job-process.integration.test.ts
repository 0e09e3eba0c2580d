// The process of a proxy: it does every job, as it would be done here.
import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { ManualClock } from '../../../shared/clock.ts'
import { openJobs } from '../large/open-jobs.ts'
import { testTarget } from '../providers/test-target.ts'
import { seenOf } from '../translators/late/test-late.ts'
import { askSample, jsonTranslators } from '../translators/test-translators.ts'
import { jobs } from './job-table.ts'

const script = new URL('./job-process.ts', import.meta.url)
const settings = { bodyProcesses: 1, bodyProcessBytes: undefined, memoryBytesMax: undefined }
const pool = openJobs({ settings, script, clock: new ManualClock(), notify: () => {} })
afterAll(() => pool.close())

const tool = { type: 'function', function: { name: 'a.b', parameters: { type: 'object', properties: { a: {} } } } }
const body = { model: 'm', messages: [{ role: 'user', content: 'é😀'.repeat(200_000) }], tools: [tool], seed: 1 }

test('a body of a megabyte is translated to the same bytes', async () => {
  const translators = jsonTranslators(askSample({ path: '/v1/chat/completions', body }), { jobs: pool })
  const gemini = testTarget({ kind: 'gemini', model: 'gemini-2.5-pro' })
  const made = await translators.late(gemini, false)?.start()
  expect(made && seenOf(made)).toEqual(seenOf(translators.to(gemini, false)))
})

test('every job that is asked for is in the table, under a name of its own', () => {
  expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length)
  const asked = ['embed-job', 'estimate-job', 'judge-answer-job', 'read-answer-jobs', 'rewrite-job', 'translate-job']
  const sources = [
    ...asked.map((name) => `translators/late/${name}.ts`),
    'conversations/large-turns.ts',
    'limits/budgets/conversation-sizes.ts',
  ]
  const names = sources.flatMap((path) => {
    const source = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
    return [...source.matchAll(/: Job<[^=]*= \{\s*name: '([^']+)'/g)].map(([, name]) => name)
  })
  expect(jobs.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
})
