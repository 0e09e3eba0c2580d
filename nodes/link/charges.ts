// Carries charges that one node decides about between the proxy of this process and those of others.
import { type Bus, gossipChargeOf, subjects } from '../../cluster/bus/bus.ts'
import { decodeCharge } from '../../cluster/gossip/charge-request.ts'

/** The wait for another process; the proxy waits a little longer. */
const askMsMax = 90

export interface ChargeShores {
  readonly node: string
  /** The bus of this process. */
  readonly local: Pick<Bus, 'serve' | 'request'>
  readonly network: Pick<Bus, 'serve' | 'request'>
}

export function carryCharges({ node, local, network }: ChargeShores): { stop(): void } {
  const asked = local.serve(subjects.gossipAsk, (payload) => {
    const owner = decodeCharge(payload)?.owner ?? ''
    return answerOf(network.request(gossipChargeOf(owner), payload, askMsMax))
  })
  const answered = network.serve(gossipChargeOf(node), (payload) =>
    // A payload of its own: what goes to another thread is moved there.
    answerOf(local.request(subjects.gossipCharge, new Uint8Array(payload), askMsMax)),
  )
  return {
    stop() {
      asked.stop()
      answered.stop()
    },
  }
}

async function answerOf(request: ReturnType<Bus['request']>): Promise<Uint8Array> {
  const told = await request
  if (!told.ok) throw new Error(told.error.type)
  return told.value
}
