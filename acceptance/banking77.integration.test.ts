// The main job on real input: the test queries of Banking77 (Casanueva et al., 2020) through the official SDK, 64 at a time
// and half of them streamed. The upstream keeps its own books; the gateway's must say the same, to the token.

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Gateway, type IssuedKey, startGateway } from './gateway.ts'
import { providerAt } from './scripted-llm.ts'
import { until } from './until.ts'

const file = fileURLToPath(new URL('../../shared/data/banking77/test.csv', import.meta.url))
const queries = existsSync(file) ? queriesIn(readFileSync(file, 'utf8')) : []
if (queries.length === 0) process.stderr.write(`skipped: the queries of Banking77, as ${file} is absent\n`)

const concurrency = 64
const price = { inputPerMTok: 0.15, outputPerMTok: 0.6 }

/** The upstream's books. */
const books = { requests: 0, inputTokens: 0, outputTokens: 0, queries: [] as string[] }
const answers: string[] = []

let llm: LLMock
let gateway: Gateway
let keys: IssuedKey[]
let endedAtMs: number

beforeAll(async () => {
  if (queries.length === 0) return
  llm = await startBookkeeper()
  gateway = await startGateway({
    config: {
      providers: { bookkeeper: providerAt(llm.url) },
      models: { bank: { targets: [{ provider: 'bookkeeper', model: 'gpt-4o', price }] } },
      teams: { cards: {}, loans: {} },
    },
  })
  keys = [
    await gateway.issueKey({ name: 'cards', owner: { team: 'cards' } }),
    await gateway.issueKey({ name: 'loans', owner: { team: 'loans' } }),
  ]
  await askEverything()
  endedAtMs = performance.now()
})
afterAll(async () => {
  await gateway?.stop()
  await llm?.stop()
})

async function startBookkeeper(): Promise<LLMock> {
  const llm = new LLMock({ port: 0, journalMaxEntries: 0, chunkSize: 24 })
  llm.onMessage(/.*/s, (request) => {
    const query = String(request.messages.at(-1)?.content)
    const usage = { prompt_tokens: 7 + wordsIn(query), completion_tokens: 3 + (query.length % 50) }
    books.requests++
    books.inputTokens += usage.prompt_tokens
    books.outputTokens += usage.completion_tokens
    books.queries.push(query)
    return { content: answerTo(query), usage }
  })
  await llm.start()
  return llm
}

const wordsIn = (text: string) => text.split(/\s+/).length
const answerTo = (query: string) => `You asked: ${query} — our team will look into it.`

async function askEverything(): Promise<void> {
  const clients = keys.map(
    ({ secret }) => new OpenAI({ apiKey: secret, baseURL: `${gateway.base}/v1`, maxRetries: 0, timeout: 60_000 }),
  )
  let next = 0
  const lane = async () => {
    while (next < queries.length) {
      const index = next++
      const client = clients[index % 4 < 3 ? 0 : 1]!
      const ask = index % 2 === 0 ? askWhole : askStreamed
      answers[index] = await ask(client, queries[index]!).catch((error: unknown) => `failed: ${error}`)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
}

async function askWhole(client: OpenAI, query: string): Promise<string> {
  const answer = await client.chat.completions.create({ model: 'bank', messages: [{ role: 'user', content: query }] })
  return answer.choices[0]?.message.content ?? ''
}

async function askStreamed(client: OpenAI, query: string): Promise<string> {
  const messages = [{ role: 'user' as const, content: query }]
  let text = ''
  for await (const chunk of await client.chat.completions.create({ model: 'bank', stream: true, messages })) {
    text += chunk.choices[0]?.delta.content ?? ''
  }
  return text
}

interface UsageRow {
  team: string
  requests: number
  errors: number
  inputTokens: number
  outputTokens: number
  costUsd: number
}

async function usageBy(groupBy: string): Promise<UsageRow[]> {
  return (await gateway.admin('GET', `/usage?groupBy=${groupBy}`)).json.rows
}

describe.skipIf(queries.length === 0)('3,080 queries', () => {
  test('are all answered, each with its own answer', () => {
    expect(queries).toHaveLength(3_080)
    expect(answers.filter((answer, index) => answer !== answerTo(queries[index]!))).toEqual([])
    expect(books.queries.toSorted()).toEqual(queries.toSorted())
    expect(llm.getRequests().filter(({ response }) => response.status === 200)).toHaveLength(queries.length)
  })

  test("are in the usage within two seconds, equal to the upstream's books", async () => {
    const isWhole = async () => (await usageBy('model'))[0]?.requests === queries.length
    await until(isWhole, Math.max(1, 2_000 - (performance.now() - endedAtMs)))
    const { requests, inputTokens, outputTokens } = books
    const costUsd = (inputTokens * 150 + outputTokens * 600) / 1e9
    const rows = await usageBy('model')
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ model: 'bank', requests, errors: 0, inputTokens, outputTokens })
    expect(rows[0]?.costUsd).toBeCloseTo(costUsd, 9)
  })

  test('are split by team without a remainder', async () => {
    const rows = await usageBy('team')
    expect(rows.map(({ team, requests }) => [team, requests])).toEqual([
      ['cards', 2_310],
      ['loans', 770],
    ])
    const inputTokens = rows.reduce((sum, row) => sum + row.inputTokens, 0)
    const outputTokens = rows.reduce((sum, row) => sum + row.outputTokens, 0)
    expect([inputTokens, outputTokens]).toEqual([books.inputTokens, books.outputTokens])
  })

  test('are in the history, once each', async () => {
    const items: { id: string; stream: boolean; status: string; estimated: boolean; outputTokens: number }[] = []
    let before = ''
    do {
      const { status, json } = await gateway.admin('GET', `/requests?limit=1000${before}`)
      expect(status).toBe(200)
      items.push(...json.items)
      before = json.next === undefined ? '' : `&before=${encodeURIComponent(json.next)}`
    } while (before !== '')
    expect(items).toHaveLength(queries.length)
    expect(new Set(items.map(({ id }) => id)).size).toBe(queries.length)
    expect(items.filter(({ stream }) => stream)).toHaveLength(queries.length / 2)
    expect(items.filter(({ status, estimated }) => status !== 'ok' || estimated)).toEqual([])
    expect(items.reduce((sum, { outputTokens }) => sum + outputTokens, 0)).toBe(books.outputTokens)
  })

  test('are in the metrics and the targets', async () => {
    const bank = async () => {
      const { targets } = (await gateway.admin('GET', '/targets')).json
      return targets.filter(({ model }: { model: string }) => model === 'bank')
    }
    // What is in flight comes with the heartbeat of a node, once a second.
    await expect
      .poll(bank, { timeout: 60_000 })
      .toMatchObject([{ provider: 'bookkeeper', target: 'gpt-4o', inFlight: 0 }])
    const metrics = await (await fetch(`${gateway.control}/metrics`)).text()
    const counted = [...metrics.matchAll(/^headgate_requests_total\{[^}]*"bank"[^}]*\} (\d+)$/gm)]
    expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(queries.length)
  })
})

/** The first column of a CSV file with a head line: fields in quotes hold commas, line breaks and doubled quotes. */
function queriesIn(csv: string): string[] {
  const rows = csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*)),[^\r\n]*\r?\n/g)
  return [...rows].slice(1).map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')
}
