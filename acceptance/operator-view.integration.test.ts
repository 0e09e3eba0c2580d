// What whoever operates sees of a client that fails: the name that it asked for, what its upstream said, how many were turned
// away and why, and what a stream cost that its caller left.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, type Gateway, startGateway } from './gateway.ts'
import { modelOn } from './scripted-llm.ts'
import { eventStream, namedEvents, type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'

let upstream: ScriptedUpstream
let gateway: Gateway
let secret: string
const messages = [{ role: 'user', content: 'Hi' }]

const start = namedEvents([
  { type: 'message_start', message: { id: 'm', role: 'assistant', usage: { input_tokens: 9, output_tokens: 1 } } },
])
const words = Array.from({ length: 20 }, () =>
  namedEvents([{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word7 ' } }]),
).flat()

beforeAll(async () => {
  upstream = await startScriptedUpstream(() => ({ status: 200, headers: eventStream, chunks: [...start, ...words] }))
  gateway = await startGateway({
    config: {
      providers: { claude: { kind: 'anthropic', baseUrl: upstream.url, allowPrivate: true, credentials: [{ name: 'main', apiKey: 'k' }] } },
      models: { claude: modelOn('claude', 'claude-sonnet-4-5', { retries: { attempts: 0 } }) },
    },
  })
  ;({ secret } = await gateway.issueKey({ name: 'the key of the newcomer' }))
})
afterAll(async () => {
  await gateway?.stop()
  await upstream?.stop()
})
