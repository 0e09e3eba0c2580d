// A provider that keeps a ledger of its own: for each attempt that it saw, what it charges. The text of the request says how it behaves.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type FakeDialect, fakeDialects, inputTokens, outputTokens } from './ledger-dialects.ts'
import { fakeMedia } from './ledger-media.ts'

/** How the provider named `a` behaves; `b` always answers. `fail-once`: an error first, and an answer to the second try; `drop`: the
 *  connection breaks before an answer. `hang`: the caller leaves; `timeout`: the gateway gives up. */
export const behaviours = ['ok', 'fail-once', 'drop', 'fallback', 'hang', 'timeout', 'cut'] as const
export type Behaviour = (typeof behaviours)[number]

export interface Charge {
  readonly id: string
  readonly provider: string
  nanoUsd: number
}

export interface ChargingProvider {
  readonly url: string
  readonly charges: readonly Charge[]
  stop(): Promise<void>
}

const dialects = [...fakeDialects, ...fakeMedia]
const nanoOf = (output: number) => inputTokens * 1_000 + output * 2_000

export function textFor(id: string, behaviour: Behaviour): string {
  return `<<${id}|${behaviour}>>`
}

export async function startChargingProvider(): Promise<ChargingProvider> {
  const charges: Charge[] = []
  const server = createServer((request, response) => void answer(request, response, charges))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    charges,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Seen {
  readonly dialect: FakeDialect
  readonly charge: Charge
  readonly behaviour: Behaviour
  /** What a whole answer costs. */
  readonly nanoUsd: number
  readonly response: ServerResponse
}

/** The path begins with the provider's name and the dialect's. */
async function answer(request: IncomingMessage, response: ServerResponse, charges: Charge[]): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks).toString()
  const [, provider = '', name = '', ...rest] = (request.url ?? '').split('/')
  const [, id = '', asked = 'ok'] = /<<([^|]+)\|([a-z-]+)>>/.exec(body) ?? []
  const isAgain = charges.some((charge) => charge.id === id)
  const charge = { id, provider, nanoUsd: 0 }
  charges.push(charge)
  const behaviour = provider === 'b' ? 'ok' : (asked as Behaviour)
  if (behaviour === 'drop') {
    // Sooner, it could have been a connection that was idle for too long, on which the client sends again.
    await pause(1_100)
    response.destroy()
    return
  }
  if (behaviour === 'fallback' || (behaviour === 'fail-once' && !isAgain)) {
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"message":"down"}}')
    return
  }
  const dialect = dialects.find((one) => one.name === name) as FakeDialect
  const text = textFor(id, asked as Behaviour)
  const nanoUsd = dialect.nanoUsd?.(text) ?? nanoOf(outputTokens)
  if (dialect.chargesAtOnce === true) charge.nanoUsd = nanoUsd
  const isStream = /stream/i.test(rest.join('/')) || /"stream":\s*true/.test(body)
  const seen = { dialect, charge, behaviour, nanoUsd, response }
  await (isStream ? stream(seen) : whole(seen))
}

async function whole({ dialect, charge, behaviour, nanoUsd, response }: Seen): Promise<void> {
  if (isSilent(behaviour)) return
  const answer = dialect.whole()
  const bytes = Buffer.isBuffer(answer) ? answer : Buffer.from(JSON.stringify(answer))
  const contentType = dialect.wholeType ?? 'application/json'
  response.writeHead(200, { 'content-type': contentType, 'content-length': String(bytes.length) })
  if (behaviour === 'cut') {
    response.write(bytes.subarray(0, 9))
    await pause(20)
    response.destroy()
    return
  }
  charge.nanoUsd = nanoUsd
  response.end(bytes)
}

/** Whether it says no more. */
function isSilent(behaviour: Behaviour): boolean {
  return behaviour === 'hang' || behaviour === 'timeout'
}

async function stream({ dialect, charge, behaviour, response }: Seen): Promise<void> {
  response.writeHead(200, { 'content-type': dialect.contentType })
  const pieces = dialect.pieces?.() ?? []
  const isBroken = isSilent(behaviour) || behaviour === 'cut'
  for (const { bytes, outputTokens: told } of isBroken ? pieces.slice(0, -1) : pieces) {
    response.write(bytes)
    if (told !== undefined) charge.nanoUsd = nanoOf(told)
    await pause(20)
  }
  if (behaviour === 'cut') response.destroy()
  else if (!isSilent(behaviour)) response.end()
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
