// Somebody who is no node of the cluster and may do everything on its NATS servers: reads, publishes, answers requests,
// removes messages. It does not have the master key.
import { connect, headers, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node'
import { sampleAttempt, sampleRequest } from '../shared/telemetry/arbitrary-records.ts'
import { decodeHeader } from '../shared/telemetry/batch.ts'
import { BatchWriter } from '../shared/telemetry/codec.ts'

export interface Overheard {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: Msg['headers']
  readonly reply: string | undefined
}

export class HostilePublisher {
  readonly connection: NatsConnection
  readonly heard: Overheard[] = []

  private constructor(connection: NatsConnection) {
    this.connection = connection
    connection.subscribe('>', {
      callback: (error, { subject, data, headers, reply }) => {
        // What it says itself comes back as well; only the nodes' words are worth repeating.
        if (error === null && headers?.get(ownHeader) !== '1') this.heard.push({ subject, data, headers, reply })
      },
    })
  }

  static async join(url: string): Promise<HostilePublisher> {
    return new HostilePublisher(await connect({ servers: url.split(',') }))
  }

  /** The newest message that it has heard on a subject. */
  newest(subject: string): Overheard | undefined {
    return this.heard.findLast((one) => one.subject === subject)
  }

  say(subject: string, value: unknown): void {
    const payload = value instanceof Uint8Array ? value : JSON.stringify(value)
    this.connection.publish(subject, payload, { headers: own() })
  }

  /** Says again, to the letter, what a node has said. */
  repeat({ subject, data, headers, reply }: Overheard, elsewhere = subject, isKept = (_name: string) => true): void {
    const said = own()
    for (const [name, [value = '']] of headers ?? []) if (isKept(name)) said.set(name, value)
    this.connection.publish(elsewhere, data, { headers: said, ...(reply ? { reply } : {}) })
  }

  /** Makes the stranger acknowledge usage before the server does. `confirm` says that all of it is stored. */
  swallow(node: string): { readonly batches: number; confirm(): void; stop(): void } {
    const epochs = new Set<string>()
    let batches = 0
    const answering = this.connection.subscribe('usage.>', {
      callback: (_error, message) => {
        epochs.add(decodeHeader(message.data)?.epoch ?? '')
        batches++
        if (message.reply) message.respond(JSON.stringify({ stream: 'USAGE', seq: batches }), { headers: own() })
      },
    })
    return {
      get batches() {
        return batches
      },
      confirm: () => {
        for (const epoch of epochs) {
          this.say(`hg.telemetry.stored.${node}`, { node, epoch, sequence: Number.MAX_SAFE_INTEGER, gap: false })
        }
      },
      stop: () => answering.unsubscribe(),
    }
  }

  /** Asks a server; throws what it answers. */
  async ask(subject: string, question: object = {}): Promise<Record<string, unknown>> {
    const answer = (await this.connection.request(subject, JSON.stringify(question), { timeout: 5_000 })).json()
    return answer as Record<string, unknown>
  }

  async leave(): Promise<void> {
    await this.connection.close()
  }
}

const ownHeader = 'hostile'

function own(): MsgHdrs {
  const made = headers()
  made.set(ownHeader, '1')
  return made
}

export interface InventedBatch {
  node: string
  epoch: string
  firstSequence: number
  count: number
}

/** A batch of usage as a proxy sends it, with requests that nobody has made. */
export function inventedBatch({ node, epoch, firstSequence, count }: InventedBatch): Uint8Array {
  const writer = new BatchWriter(Buffer.alloc(1 << 20))
  writer.begin({ node, epoch, firstSequence })
  for (let i = 0; i < count; i++) {
    const atMs = Date.now()
    writer.single(sampleRequest({ atMs, model: 'fast' }), sampleAttempt({ atMs, model: 'fast' }))
  }
  return new Uint8Array(writer.bytes.subarray(0, writer.offset))
}
