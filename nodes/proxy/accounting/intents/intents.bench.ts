// What the journal of intents costs a request: its bound, an intent before the attempt, the end after it, and their part of the
// writes. Run: node --import ./scripts/strip-types.mjs nodes/proxy/accounting/intents/intents.bench.ts. Target: 1.5 µs for one request of
// many in a group; a group costs one write(2).
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileSystem } from '../../../../cluster/data-folder/disk.ts'
import { ManualClock } from '../../../../shared/clock.ts'
import { priceOfRates } from '../../../../shared/models/price.ts'
import { RoughBounds } from '../../limits/budgets/rough-bound.ts'
import { testTarget } from '../../providers/test-connect.ts'
import { inferenceRequest, readFacts, readModels } from '../../request/read-inference.ts'
import { routeTo, testRequest, testSnapshot } from '../../request/test-request.ts'
import { AttemptCharge, type ChargedAttempt } from './attempt-charge.ts'
import { IntentJournal } from './intent-journal.ts'
import { plannedFor } from './test-intents.ts'

const rounds = 400_000
const price = priceOfRates({ input: 1, output: 2 }, { type: 'configured' })
const target = testTarget({ kind: 'openai' }, { price, facts: { contextTokensMax: 128_000, outputTokensMax: 16_384 } })
const body = { model: 'm', max_tokens: 100, messages: [{ role: 'user', content: 'hello'.repeat(100) }] }
const { request } = testRequest({ body, snapshot: testSnapshot({ m: routeTo('m', target) }) })
const bounds = new RoughBounds()
const sent = { isSent: true }

const folder = mkdtempSync(join(tmpdir(), 'intents-bench-'))
mkdirSync(join(folder, 'intents'))
for (const [name, perGroup, openMax] of [
  ['groups of 100, 200 open', 100, 200],
  ['groups of 100, 10,000 open', 100, 10_000],
  ['groups of 10, 200 open', 10, 200],
  ['groups of 1, 200 open', 1, 200],
] as const) {
  const journal = open()
  measure(name, perGroup, openMax, journal)
  journal.stop()
}
measure('no journal', 100, 200, undefined)
rmSync(folder, { recursive: true })

function open(): IntentJournal {
  const at = { folder: join(folder, 'intents'), epoch: 'e', disk: fileSystem, clock: new ManualClock() }
  return new IntentJournal({ ...at, notify: () => {}, isStrict: false })
}

function measure(name: string, perGroup: number, openMax: number, journal: IntentJournal | undefined): void {
  const asked = askedOf()
  const planned = plannedFor(target)
  const costBound = () => bounds.of(request, asked, target)
  const charged: ChargedAttempt = { request, model: 'm', planned, index: 0, stream: false, costBound }
  const opened: (AttemptCharge | undefined)[] = Array.from({ length: openMax }, () => undefined)
  const run = (i: number): void => {
    const slot = i % openMax
    const intent = opened[slot]?.intent
    intent?.close()
    const charge = new AttemptCharge(charged, sent)
    charge.begin(journal, nothing)
    opened[slot] = charge
    if (i % perGroup === 0) journal?.write()
  }
  for (let i = 0; i < 50_000; i++) run(i)
  let best = Number.POSITIVE_INFINITY
  for (let part = 0; part < 10; part++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < rounds / 10; i++) run(i)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / (rounds / 10))
  }
  process.stdout.write(`${name.padEnd(28)} ${(best / 1_000).toFixed(3)} µs\n`)
}

function askedOf() {
  const models = readModels(request)
  if (!models.ok) throw new Error(JSON.stringify(models.error))
  const facts = readFacts(request, models.value)
  if (!facts.ok) throw new Error(JSON.stringify(facts.error))
  return inferenceRequest(facts.value)
}

function nothing(): void {}
