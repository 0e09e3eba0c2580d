// The scenarios whose figure is CPU per unit as a ratio to nginx. The gates are what must hold now.
import {
  imageModelFirst,
  imageModelLast,
  longChat,
  manyMessages,
  smallChat,
  smallMessages,
  streamedChat,
  streamedMessages,
  type Work,
  work,
} from './work.ts'

export interface RatioScenario {
  /** What `--scenario` takes; several rows may share it. */
  id: string
  title: string
  work: Work
  connections: number
  /** Content chunks of each stream; the unit is then a chunk. */
  chunks?: number
  /** Ratio to nginx that is allowed at most; undefined: shown, not judged. */
  gate?: number
  /** Headgate must be at least this many times cheaper than Portkey. */
  portkeyGate?: number
  /** Part of the tiny run: one of each kind of work that is over quickly. */
  tiny?: boolean
}

export interface RejectScenario {
  id: string
  title: string
  work: Work
  reason: '401' | '403'
  /** Ratio to the own S1 at c=32 in the same rounds. */
  gate: number
}

const unary = (name: string, body: (model: string) => object) => work({ name, directives: 'unary', body })
const secure = (name: string, directives: string, body: (model: string) => object) =>
  work({ name, directives, tls: true, body })

const paced100 = 'sse.chunks-100.pace-10.usage'
const paced1000 = 'sse.chunks-1000.pace-2.usage'
const burst1000 = 'sse.chunks-1000.burst.usage'

export const smallWork = unary('s1', smallChat)
export const streamWork = work({ name: 's4', directives: paced100, body: streamedChat })

const longWork = unary('s2a', longChat)
const manyWork = unary('s2b', manyMessages)
const imageFirst = unary('s3a', imageModelFirst)
const imageLast = unary('s3b', imageModelLast)
const longStream = work({ name: 's5a', directives: paced1000, body: streamedChat })
const burstStream = work({ name: 's5b', directives: burst1000, body: streamedChat })
const secureSmall = secure('s13a', 'unary', smallChat)
const secureLong = secure('s13b', 'unary', longChat)
const secureStream = secure('s13c', paced100, streamedChat)

const toAnthropic = work({ name: 's14a', directives: 'unary', body: smallChat, upstream: 'anthropic' })
const fromAnthropic = work({ name: 's14b', directives: 'unary', body: smallMessages, caller: 'anthropic' })
const toAnthropicStream = work({ name: 's14c', directives: paced100, body: streamedChat, upstream: 'anthropic' })
const fromAnthropicStream = work({ name: 's14d', directives: paced100, body: streamedMessages, caller: 'anthropic' })

export const ratioScenarios: readonly RatioScenario[] = [
  { id: 'S1', title: '300 B, c=8', work: smallWork, connections: 8, gate: 3.6, tiny: true },
  { id: 'S1', title: '300 B, c=32', work: smallWork, connections: 32, gate: 3.6, portkeyGate: 12 },
  { id: 'S2', title: '32 KB, one message, c=32', work: longWork, connections: 32, gate: 3.5 },
  { id: 'S2', title: '32 KB, 70 messages, c=32', work: manyWork, connections: 32, gate: 3.5 },
  { id: 'S3', title: '256 KB, model first, c=8', work: imageFirst, connections: 8, gate: 4.5 },
  { id: 'S3', title: '256 KB, model last, c=8', work: imageLast, connections: 8, gate: 4.5, tiny: true },
  { id: 'S4', title: '100 streams x 100 chunks, 10 ms', work: streamWork, connections: 100, chunks: 100, gate: 2.6 },
  { id: 'S5', title: '20 streams x 1,000 chunks, 2 ms', work: longStream, connections: 20, chunks: 1_000, gate: 3.5 },
  {
    id: 'S5',
    title: '20 streams x 1,000 chunks, burst',
    work: burstStream,
    connections: 20,
    chunks: 1_000,
    gate: 3.5,
    tiny: true,
  },
  { id: 'S13', title: 'S1 c=32, TLS upstream', work: secureSmall, connections: 32, tiny: true },
  { id: 'S13', title: 'S2 one message, TLS upstream', work: secureLong, connections: 32 },
  { id: 'S13', title: 'S4, TLS upstream', work: secureStream, connections: 100, chunks: 100 },
  { id: 'S14', title: 'S1 c=32, OpenAI to Anthropic', work: toAnthropic, connections: 32, gate: 4, tiny: true },
  { id: 'S14', title: 'S1 c=32, Anthropic to OpenAI', work: fromAnthropic, connections: 32, gate: 4 },
  { id: 'S14', title: 'S4, OpenAI to Anthropic', work: toAnthropicStream, connections: 100, chunks: 100, gate: 3 },
  { id: 'S14', title: 'S4, Anthropic to OpenAI', work: fromAnthropicStream, connections: 100, chunks: 100, gate: 3 },
]

export const rejectScenarios: readonly RejectScenario[] = [
  { id: 'S8', title: '401, 300 B', work: smallWork, reason: '401', gate: 0.5 },
  { id: 'S8', title: '401, 32 KB', work: longWork, reason: '401', gate: 0.5 },
  { id: 'S8', title: '403, 300 B', work: smallWork, reason: '403', gate: 0.5 },
  { id: 'S8', title: '403, 32 KB', work: longWork, reason: '403', gate: 0.5 },
]

/** One chunk, then silence until the mock is told to go on; ten more and the end. */
export const idleWork = work({ name: 's10a', directives: 'sse.chunks-11.hold-1.usage', body: streamedChat })
/** More than any buffer on the way takes, for readers that stop. */
export const floodWork = work({ name: 's10b', directives: 'sse.chunks-20000.burst.usage', body: streamedChat })
export const firstChunkWork = work({ name: 'ttft', directives: 'sse.chunks-4.burst.usage', body: streamedChat })

export const works: readonly Work[] = [
  ...new Set([...ratioScenarios.map((scenario) => scenario.work), idleWork, floodWork, firstChunkWork]),
]
