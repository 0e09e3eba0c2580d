// What batches cost: by each line of their output files at the price of the batch tier, once, for whoever made them, in usage, the ledger
// and budgets, whether somebody fetches the output or not.
import type OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { adminToken } from '../gateway.ts'
import { startNodeProcess } from '../node-process.ts'
import { batchFile, type FileRig, startFileRig } from './file-rig.ts'
import { type KeptBatch, keep } from './file-upstream.ts'

let rig: FileRig
beforeAll(async () => {
  const budgets = { ours: { team: 'us', usd: 5, window: '1mo' } }
  rig = await startFileRig({ environment: { HEADGATE_BATCH_POLL: '1s' }, budgets })
})
afterAll(() => rig?.stop())
beforeEach(() => rig.reset())

async function create(...models: string[]): Promise<{ made: OpenAI.Batch; kept: KeptBatch }> {
  const input = await rig.ours.files.create({ file: await batchFile(...models), purpose: 'batch' })
  const asked = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const
  const made = await rig.ours.batches.create({ ...asked, input_file_id: input.id })
  const kept = [...rig.account().batches.values()].at(-1) as KeptBatch
  return { made, kept }
}

const answered = (model: string, input: number, output: number) => {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  return { id: 'r', custom_id: '1', response: { status_code: 200, body: { model, usage } }, error: null }
}
const failed = { id: 'r', custom_id: '2', response: { status_code: 429, body: {} }, error: null }

function complete(kept: KeptBatch, lines: readonly object[]): void {
  const content = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const output = keep(rig.account(), { filename: 'output.jsonl', purpose: 'batch_output', content })
  Object.assign(kept, { status: 'completed', output_file_id: output.id })
}

interface Item {
  readonly id: string
  readonly model: string
  readonly target: string
  readonly team: string
  readonly settlement: string
  readonly costNanoUsd: string
  readonly inputTokens: number
}

async function ledger(): Promise<Item[]> {
  const { items } = (await rig.gateway.admin('GET', '/ledger?limit=1000')).json
  return items.filter(({ id }: Item) => id.startsWith('batch_'))
}

const told = ({ model, target, team, settlement, costNanoUsd, inputTokens }: Item) => [
  ...[model, target, team, settlement, costNanoUsd, inputTokens],
]

test('a batch that nobody looks at is settled by its output file, a model at a time', async () => {
  const { kept } = await create('fast', 'smart')
  // A line at a time is rounded: 7 tokens at half of 1 USD for a million, and 3 at half of 2.
  complete(kept, [
    answered('gpt-fast-1', 7, 3),
    answered('gpt-fast-1', 1_001, 1),
    answered('gpt-smart-1', 10, 0),
    failed,
  ])
  await expect.poll(async () => (await ledger()).length, { timeout: 20_000 }).toBe(2)
  expect((await ledger()).map(told).sort()).toEqual([
    ['fast', 'gpt-fast-1', 'us', 'reported', String(6_500 + 501_500), 1_008],
    ['smart', 'gpt-smart-1', 'us', 'reported', '5000', 10],
  ])
})

test('a batch whose output is looked at is settled at once, and once', async () => {
  const before = (await ledger()).length
  const { made, kept } = await create('fast')
  complete(kept, [answered('gpt-fast-1-2026-05-01', 100, 50)])
  for (let look = 0; look < 3; look++) {
    const batch = await rig.ours.batches.retrieve(made.id)
    await rig.ours.files.content(batch.output_file_id ?? '')
    await rig.ours.batches.list()
  }
  await expect.poll(async () => (await ledger()).length, { timeout: 20_000 }).toBe(before + 1)
  const [item] = await ledger()
  expect(item && told(item)).toEqual(['fast', 'gpt-fast-1', 'us', 'reported', '100000', 100])
  await rig.ours.batches.retrieve(made.id)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(await ledger()).toHaveLength(before + 1)
})

test('what has no price, or no usage, is flagged', async () => {
  const before = (await ledger()).length
  const { kept } = await create('tuned-1')
  complete(kept, [answered('tuned-1', 7, 3)])
  await expect.poll(async () => (await ledger()).length, { timeout: 20_000 }).toBe(before + 1)
  expect((await ledger())[0]).toMatchObject({ settlement: 'unpriced', costNanoUsd: '0', inputTokens: 7 })
})

test('a batch that fails or is cancelled without an output costs nothing', async () => {
  const before = (await ledger()).length
  const { made, kept } = await create('fast')
  Object.assign(kept, { status: 'failed', output_file_id: null })
  await rig.ours.batches.retrieve(made.id)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(await ledger()).toHaveLength(before)
})

test('usage, the ledger and the budget have the same sum, as the command proves', async () => {
  const sum = (await ledger()).reduce((all, { costNanoUsd }) => all + Number(costNanoUsd), 0)
  expect(sum).toBe(6_500 + 501_500 + 5_000 + 100_000)
  await expect
    .poll(async () => (await rig.gateway.admin('GET', '/budgets:status')).json.budgets[0]?.spentUsd, {
      timeout: 20_000,
    })
    .toBe(sum / 1e9)
  const usage = (await rig.gateway.admin('GET', '/usage?groupBy=team')).json.rows
  expect(usage.find(({ team }: { team: string }) => team === 'us').costUsd).toBe(sum / 1e9)
  const environment = { HEADGATE_CONTROL_URL: rig.gateway.control, HEADGATE_ADMIN_TOKEN: adminToken }
  const running = startNodeProcess({ words: ['ledger', 'verify'], environment })
  await running.ended
  expect([running.exitCode, running.output()]).toEqual([0, expect.stringContaining('The ledger is proven.')])
}, 60_000)

test('no batch is begun while a budget has nothing left', async () => {
  const input = await rig.ours.files.create({ file: await batchFile('fast'), purpose: 'batch' })
  const budget = (usd: number) => rig.gateway.admin('PUT', '/budgets/ours', { team: 'us', usd, window: '1mo' })
  await budget(0.000001)
  const asked = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const
  const create = () => rig.ours.batches.create({ ...asked, input_file_id: input.id })
  await expect
    .poll(
      () =>
        create().then(
          () => 'made',
          ({ code }) => code,
        ),
      { timeout: 10_000 },
    )
    .toBe('budget_exceeded')
  await budget(5)
  await expect
    .poll(
      () =>
        create().then(
          () => 'made',
          ({ code }) => code,
        ),
      { timeout: 10_000 },
    )
    .toBe('made')
}, 30_000)
