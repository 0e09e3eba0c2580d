// Law: a translation takes time in proportion to its body, whatever the shape, so that the bounds on bytes are bounds on time; and what is
// large is translated elsewhere, so that the event loop parses none of it.
import { describe, expect, test } from 'vitest'
import { bounds } from '../../../shared/bounds.ts'
import { InlineJobs } from '../large/test-jobs.ts'
import type { Target } from '../providers/endpoint.ts'
import { testTarget } from '../providers/test-target.ts'
import { shapesOf } from './test-shapes.ts'
import { askSample, jsonTranslators } from './test-translators.ts'

const model = 'm'
const mistral = testTarget({ baseUrl: 'https://api.mistral.ai/v1', model })
const claude = testTarget({ kind: 'anthropic', model })
const gemini = testTarget({ kind: 'gemini', model })
const bedrock = testTarget({ kind: 'bedrock', region: 'us-east-1', model })
const cohere = testTarget({ kind: 'cohere', model })

/** Every printer meets the shapes of chat completions; the other parsers meet three of the printers. */
const targetsOf: Readonly<Record<string, readonly Target[]>> = {
  chat: [mistral, claude, gemini, bedrock, cohere],
  messages: [mistral, gemini, bedrock],
  responses: [mistral, claude, gemini],
  gemini: [mistral, claude, bedrock],
  completions: [claude],
  embeddings: [gemini],
}

const largeBytes = 1 << 20
const runsMax = 5

/** The processor time of `work`. Of several runs the least counts, because another process may hold one up; fewer are needed where the first
 *  is below `enoughMs`. */
function leastMs(work: () => void, enoughMs = 0): number {
  let least = Number.POSITIVE_INFINITY
  for (let run = 0; run < runsMax && least > enoughMs; run++) {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    least = Math.min(least, (user + system) / 1_000)
  }
  return least
}

const plain = `[${'{"role":"user","content":"hi"},'.repeat(largeBytes / 31)}{}]`
/** The time in which the machine parses and prints as many bytes of plain JSON, 7 ms or so. */
const unitMs = leastMs(() => JSON.stringify(JSON.parse(plain)))
/** The slowest shape takes 30 units, most take fewer than 10. Where the work grew with the square of the length it took 60 and more. */
const unitsMax = 45

const shapes = Object.entries(shapesOf).flatMap(([api, { path, shapes: made }]) =>
  made.map(([name, make]) => [`${api}: ${name}`, path, { make, targets: targetsOf[api] ?? [] }] as const),
)

describe('a million bytes are translated in the time of 45 million that are only parsed and printed', () => {
  test.each(shapes)('%s', { timeout: 60_000 }, (_, path, { make, targets }) => {
    const translators = jsonTranslators(askSample({ path, body: make(largeBytes) }))
    const units = targets.map((target) => leastMs(() => translators.to(target, false), unitsMax * unitMs) / unitMs)
    expect(Math.max(...units)).toBeLessThan(unitsMax)
  })
})

test.each(shapes)('%s: nothing is parsed here of a body above the bound', async (_, path, { make, targets }) => {
  const body = make(bounds.parsedHereBytesMax * 1.25)
  if (body.length <= bounds.parsedHereBytesMax) return
  const sample = askSample({ path, body })
  const jobs = new InlineJobs()
  const [target = mistral] = targets
  const parsed: unknown[] = []
  sample.asked.parsed = () => {
    parsed.push(target)
    throw new Error('it was parsed here')
  }
  const made = await jsonTranslators(sample, { jobs }).late(target, false)?.start()
  expect(made).toBeDefined()
  expect([jobs.ran.length, parsed]).toEqual([1, []])
})
