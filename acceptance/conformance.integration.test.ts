// Runs every caller's SDK against every kind of provider and writes the results to docs/conformance.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, callersOf, type Wish } from './conformance/callers.ts'
import { countedIn, thoughtsIn } from './conformance/counted.ts'
import { type Inbound, inbounds, type Kind, kinds } from './conformance/kinds.ts'
import { type Finding, recordedPrefix, report } from './conformance/report.ts'
import type { Body, Wire } from './conformance/wires.ts'
import { type Gateway, startGateway } from './gateway.ts'
import { readOpenAiSchemas } from './openai-schema.ts'
import { modelOn } from './scripted-llm.ts'
import {
  type ScriptedAnswer,
  type ScriptedUpstream,
  type SeenRequest,
  startScriptedUpstream,
} from './scripted-upstream.ts'

const recordings = fileURLToPath(new URL('../../shared/data/provider-recordings/', import.meta.url))
const page = fileURLToPath(new URL('../docs/conformance.md', import.meta.url))
const judge = readOpenAiSchemas()
const isAbsent = !existsSync(recordings) || judge === undefined
if (isAbsent) process.stderr.write(`skipped: conformance, as ${recordings} or OpenAI's description is absent\n`)

let upstream: ScriptedUpstream
let script: (request: SeenRequest) => ScriptedAnswer
let gateway: Gateway
let callers: ReturnType<typeof callersOf>
const findings: Finding[] = []
let cases = 0

beforeAll(async () => {
  if (isAbsent) return
  upstream = await startScriptedUpstream((request) => script(request))
  const providers = Object.fromEntries(kinds.map(({ name, provider }) => [name, provider(upstream.url)]))
  const models = kinds.flatMap(({ name, model, embedder }) => [
    [`chat-${name}`, modelOn(name, model)],
    [`embed-${name}`, modelOn(name, embedder)],
  ])
  gateway = await startGateway({ config: { providers, models: Object.fromEntries(models) } })
  const { secret } = await gateway.issueKey()
  callers = callersOf(gateway.base, secret)
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})

/** A case that is a row of the page, whatever comes of it. */
function found(inbound: Inbound, kind: Kind, name: string, check: () => Promise<string | undefined>): void {
  cases++
  test(name, async () => {
    let error: string | undefined
    let held = false
    try {
      error = await check()
      held = true
    } finally {
      findings.push({ inbound, kind: kind.name, name, held, ...(error === undefined ? {} : { error }) })
    }
  })
}

const schema = {
  type: 'object',
  properties: { conformance_city: { type: 'string' } },
  required: ['conformance_city'],
  additionalProperties: false,
}
const tool = { name: 'get_weather', schema }
const question = 'Is it sunny in Lisbon?'
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const json = (body: Body, status = 200): ScriptedAnswer => ({ status, pieces: [JSON.stringify(body)] })
const lastBody = () => JSON.stringify(upstream.seen.at(-1)!.body)

/** The wires whose bytes pass through to callers of OpenAI's API. */
const ownWires: Readonly<Partial<Record<Inbound, string>>> = {
  chat: 'openai-chat',
  completions: 'openai-completions',
  responses: 'openai-responses',
}
const dialogues = inbounds.filter((inbound) => inbound !== 'embeddings')
const pairs = dialogues.flatMap((inbound) => kinds.map((kind) => [inbound, kind.name, kind] as const))

describe.skipIf(isAbsent).each(pairs)('%s of %s (needs ../shared/data)', (inbound, _name, kind) => {
  const wire = kind.wire(inbound)
  const model = `chat-${kind.name}`
  const caller = (): Caller => callers[inbound]
  const ask = (wish: Partial<Wish>) => caller().ask(model, { question, ...wish })
  const hasTools = inbound !== 'completions'

  found(inbound, kind, 'text and usage', async () => {
    script = () => json(wire.text('Sunny. 🌞'))
    const { text, usage, raw } = await ask({})
    expect([text, usage]).toEqual(['Sunny. 🌞', [9, 4]])
    expectDescribed(caller(), raw)
    return undefined
  })

  for (const name of kind.recordings(inbound)) {
    if (!isAbsent && (hasTools || saidIn(wire, name).calls.length === 0)) {
      found(inbound, kind, recordedPrefix + name, async () => {
        const expected = saidIn(wire, name)
        script = () => (isStream(name) ? wire.frame(eventsIn(name)) : json(bodyIn(name)))
        const { text, calls, ids, raw, ...also } = await ask({ tool, stream: isStream(name) })
        expect({ text, calls }).toEqual(expected)
        expectDistinct(ids)
        // What passes through is the upstream's own.
        if (wire.name === ownWires[inbound]) return undefined
        const bodies = isStream(name) ? eventsIn(name) : [bodyIn(name)]
        const thoughts = hasTools ? thoughtsIn(wire.name, bodies) : ''
        expect([also.usage, also.thoughts]).toEqual([countedIn(wire.name, bodies), thoughts])
        if (!isStream(name)) expectDescribed(caller(), raw)
        return undefined
      })
    }
  }

  if (hasTools) {
    found(inbound, kind, 'a tool call', async () => {
      script = () => json(wire.call('get_weather', { conformance_city: 'Lisbon' }))
      const { calls, ids, raw } = await ask({ tool })
      expectDistinct(ids)
      expect(calls).toEqual([{ name: 'get_weather', args: { conformance_city: 'Lisbon' } }])
      expect(lastBody()).toContain('conformance_city')
      expectDescribed(caller(), raw)
      return undefined
    })

    found(inbound, kind, 'a tool result is sent under the id of its call', async () => {
      script = () => json(wire.text('21 degrees.'))
      const result = { name: 'get_weather', args: { conformance_city: 'Lisbon' }, text: 'SUNNY-4711' }
      expect((await ask({ tool, result })).text).toBe('21 degrees.')
      expect(lastBody()).toMatch(/get_weather.*SUNNY-4711/)
      return undefined
    })

    found(inbound, kind, 'an image', async () => {
      script = () => json(wire.text('A dot.'))
      expect((await ask({ image: png })).text).toBe('A dot.')
      expect(lastBody()).toContain(png)
      return undefined
    })

    found(inbound, kind, 'structured output', async () => {
      const value = { conformance_city: 'Lisbon' }
      // Where there is no native form, a tool is made of it.
      script = ({ body }) => {
        const isTool = JSON.stringify(body).includes('json_answer')
        return json(isTool ? wire.call('json_answer', value) : wire.text(JSON.stringify(value)))
      }
      const { text, calls } = await ask({ schema })
      expect([JSON.parse(text), calls]).toEqual([value, []])
      expect(lastBody()).toContain('conformance_city')
      return undefined
    })
  }

  found(inbound, kind, 'an unusual parameter is sent or reported', async () => {
    script = () => json(wire.text('ok'))
    const { name, told = name, value, mark } = caller().odd
    const { dropped } = await ask({ odd: { [name]: value } })
    expect(lastBody().includes(mark) || dropped?.split(', ').includes(told)).toBe(true)
    return undefined
  })

  found(inbound, kind, 'an upstream error is the SDK’s 400, with the message', async () => {
    script = () => json(wire.error(400, 'that is not to be'), 400)
    const failure = await ask({}).catch((error: Body) => error)
    expect(failure).toBeInstanceOf(caller().errors.badRequest)
    expect(failure.status).toBe(400)
    expect(failure.message).toContain('that is not to be')
    return undefined
  })

  found(inbound, kind, 'a rate limit is the SDK’s 429, with the delay', async () => {
    script = () => ({ ...json(wire.error(429, 'slowly'), 429), headers: { 'retry-after': '7', ...jsonType } })
    const failure = await ask({}).catch((error: Body) => error)
    expect(failure).toBeInstanceOf(caller().errors.rateLimit)
    expect(failure.status).toBe(429)
    if (caller().seesHeadersOfErrors) expect(Number(failure.headers.get('retry-after'))).toBe(7)
    return undefined
  })

  if (inbound === 'messages') {
    found(inbound, kind, 'token counting', async () => {
      script = () => json({ input_tokens: 17 })
      const messages = [{ role: 'user' as const, content: question }]
      const { data, response } = await callers.anthropic.messages.countTokens({ model, messages }).withResponse()
      // Elsewhere nobody counts by Anthropic's API, and the gateway says that it guessed.
      if (kind.name === 'anthropic') expect(data.input_tokens).toBe(17)
      else expect(response.headers.get('x-headgate-estimated')).toBe('true')
      expect(data.input_tokens).toBeGreaterThan(3)
      return undefined
    })
  }
})

function expectDistinct(ids: readonly string[] | undefined): void {
  if (ids === undefined) return
  expect(ids.every((id) => typeof id === 'string' && id !== '')).toBe(true)
  expect(new Set(ids).size).toBe(ids.length)
}

function expectDescribed({ schema: named }: Caller, raw: Body): void {
  if (named !== undefined) expect(judge?.(named, raw)).toEqual([])
}

const jsonType = { 'content-type': 'application/json' }

/** Two vectors, as each provider has them. */
const embeddings: Readonly<Record<string, (body: Body) => Body>> = {
  openai: () => ({
    object: 'list',
    model: 'upstream-model',
    usage: { prompt_tokens: 6, total_tokens: 6 },
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  }),
  bedrock: () => ({ embeddings: { float: vectors } }),
  gemini: () => ({ embeddings: vectors.map((values) => ({ values })) }),
  vertex: () => ({
    predictions: vectors.map((values) => ({ embeddings: { values, statistics: { token_count: 3 } } })),
  }),
  cohere: () => ({ embeddings: { float: vectors }, meta: { billed_units: { input_tokens: 6 } } }),
}
const vectors = [
  [0.5, -0.25],
  [1, 0.125],
]

describe.skipIf(isAbsent).each(kinds.map((kind) => [kind.name, kind] as const))(
  'embeddings of %s (needs ../shared/data)',
  (name, kind) => {
    const ask = (body: object) =>
      callers.openai.embeddings.create({ model: `embed-${name}`, input: ['sun', 'rain'], ...body })

    if (name === 'anthropic') {
      found('embeddings', kind, 'embeddings of two texts', async () => {
        const failure = await ask({}).catch((error: Body) => error)
        expect([failure.status, failure.code]).toEqual([400, 'unsupported_endpoint'])
        return '400 `unsupported_endpoint`'
      })
      return
    }
    const answer = embeddings[name] ?? embeddings['openai']!

    found('embeddings', kind, 'embeddings of two texts', async () => {
      script = ({ body }) => json(answer(body))
      const raw = await ask({ encoding_format: 'float' })
      expect(raw.data.map(({ embedding }) => embedding)).toEqual(vectors)
      expect(judge?.('CreateEmbeddingResponse', raw)).toEqual([])
      expect(lastBody()).toMatch(/sun.*rain/)
      return undefined
    })

    found('embeddings', kind, 'an upstream error is the SDK’s 400, with the message', async () => {
      script = () => json(kind.wire('embeddings').error(400, 'that is not to be'), 400)
      const failure = await ask({}).catch((error: Body) => error)
      expect(failure.status).toBe(400)
      expect(failure.message).toContain('that is not to be')
      return undefined
    })
  },
)

test.skipIf(isAbsent)('docs/conformance.md holds the results', () => {
  expect(findings.length, 'only some of the cases ran, but the page needs all of them').toBe(cases)
  const names = kinds.map(({ name }) => name)
  const now = report(findings, names, inbounds)
  const before = existsSync(page) ? readFileSync(page, 'utf8') : ''
  writeFileSync(page, now)
  expect(before === now, 'docs/conformance.md was rewritten: review the changes and commit them').toBe(true)
})

function isStream(name: string): boolean {
  return name.endsWith('.chunks.txt')
}

function bodyIn(name: string): Body {
  return JSON.parse(readFileSync(recordings + name, 'utf8'))
}

function eventsIn(name: string): Body[] {
  const lines = readFileSync(recordings + name, 'utf8').split('\n')
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line))
}

function saidIn(wire: Wire, name: string) {
  return isStream(name) ? wire.readStream(eventsIn(name)) : wire.read(bodyIn(name))
}
