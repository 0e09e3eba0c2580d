// Realtime sessions with the official SDK, through the gateway to a local server and to one that others wrote.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { LLMock } from '@copilotkit/aimock'
import OpenAI from 'openai'
import { OpenAIRealtimeWS } from 'openai/realtime/ws'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../../loadtest/mock-upstream/certificates.ts'
import { type Gateway, startGateway } from '../gateway.ts'
import { modelOn, providerAt } from '../scripted-llm.ts'
import { type RealtimeUpstream, startRealtimeUpstream } from './realtime-upstream.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) process.stderr.write("skipped: the SDK's realtime client, as openssl is not on this machine\n")

describe.skipIf(!hasOpenssl)('over TLS', () => {
  let upstream: RealtimeUpstream
  let aimock: LLMock
  let gateway: Gateway
  let front: { base: string; ca: string; stop(): void }

  beforeAll(async () => {
    upstream = await startRealtimeUpstream()
    aimock = new LLMock({ port: 0 })
    aimock.onMessage(/.*/s, { content: 'Hello from aimock.' })
    await aimock.start()
    gateway = await startGateway({
      config: {
        providers: { live: providerAt(upstream.url), mock: providerAt(aimock.url) },
        models: { voice: modelOn('live', 'gpt-realtime-x'), mock: modelOn('mock', 'gpt-4o-realtime') },
      },
    })
    front = await startTlsFront(gateway.port)
  })
  afterAll(async () => {
    front?.stop()
    await gateway?.stop()
    await upstream?.stop()
    await aimock?.stop()
  })

  test.each([
    ['a local server', 'voice', 'Hello'],
    ['aimock', 'mock', 'Hello from aimock.'],
  ])(
    "the official SDK's realtime client has a conversation through the gateway with %s",
    async (_, model, expected) => {
      const { secret } = await gateway.issueKey()
      const client = new OpenAI({ apiKey: secret, baseURL: front.base })
      const realtime = new OpenAIRealtimeWS({ model, options: { ca: front.ca } }, client)
      await new Promise<void>((resolve) => realtime.socket.on('open', () => resolve()))
      let said = ''
      const isDone = new Promise<void>((resolve, reject) => {
        realtime.on('response.output_text.delta', ({ delta }) => (said += delta))
        realtime.on('event', (event) => {
          // The name that the event had before the API was released.
          if ((event.type as string) === 'response.text.delta') said += (event as unknown as { delta: string }).delta
        })
        realtime.on('response.done', () => resolve())
        realtime.on('error', reject)
      })
      const content = [{ type: 'input_text' as const, text: 'Hi' }]
      realtime.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } })
      realtime.send({ type: 'response.create' })
      await isDone
      realtime.close()
      expect(said).toBe(expected)
    },
  )
})

/** The SDK opens sessions over TLS alone, as they are behind a load balancer. */
async function startTlsFront(port: number) {
  const folder = mkdtempSync(join(tmpdir(), 'headgate-front-'))
  const { authorityFile, certificateFile, keyFile } = makeCertificates(folder)
  const read = (file: string) => readFileSync(file, 'utf8')
  const ca = read(authorityFile)
  const server = createServer({ cert: read(certificateFile), key: read(keyFile) }, (socket) => {
    const inner = connect(port, '127.0.0.1')
    for (const [one, other] of [
      [socket, inner],
      [inner, socket],
    ] as const) {
      one.pipe(other)
      one.on('error', () => other.destroy())
    }
  })
  rmSync(folder, { recursive: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: tlsPort } = server.address() as AddressInfo
  return { base: `https://localhost:${tlsPort}/v1`, ca, stop: () => void server.close() }
}
