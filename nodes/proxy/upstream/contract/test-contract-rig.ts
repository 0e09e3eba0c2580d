// A client for upstreams and the scripted peers that it meets in the tests of the contract. Tests only.
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach } from 'vitest'
import { ObservedExchange } from '../observed-exchange.ts'
import { openPeer, type Peer, type PeerOptions, type Script } from '../scripted-peer.ts'
import type { Upstream, UpstreamRequest } from '../upstream.ts'

export interface UpstreamContractOptions {
  name: string
  open: () => Upstream
  /** Whether a request is sent again when its reused connection turns out to be closed. */
  replays: boolean
}

export const chunkedHead = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
export const chunkedAnswer = `${chunkedHead}5;name="v;w"\r\nhello\r\n00006\r\n, you!\r\n0\r\nx-trailer: 1\r\n\r\n`

/** Closes what it has opened after each test. */
export class ContractRig {
  readonly #open: () => Upstream
  readonly #peers: Peer[] = []
  readonly #upstreams: Upstream[] = []

  constructor({ open }: UpstreamContractOptions) {
    this.#open = open
    afterEach(async () => {
      for (const upstream of this.#upstreams.splice(0)) upstream.close()
      await Promise.all(this.#peers.splice(0).map((peer) => peer.close()))
    })
  }

  upstream(): Upstream {
    const upstream = this.#open()
    this.#upstreams.push(upstream)
    return upstream
  }

  async peer(script: Script, options?: PeerOptions): Promise<Peer> {
    const peer = await openPeer(script, options)
    this.#peers.push(peer)
    return peer
  }

  async given(script: Script, options?: PeerOptions) {
    const peer = await this.peer(script, options)
    const upstream = this.upstream()
    return {
      peer,
      start: (request?: Partial<UpstreamRequest>) => new ObservedExchange(upstream, peer.origin, request),
      async exchange(request?: Partial<UpstreamRequest>) {
        const exchange = new ObservedExchange(upstream, peer.origin, request)
        await exchange.finished
        // Undici counts its connection as busy until the turn ends.
        await turn()
        return exchange
      },
    }
  }

  answers(answer: string) {
    return this.given(({ socket }) => socket.write(answer, 'latin1'))
  }

  answersThenCloses(answer: string) {
    return this.given(({ socket }) => socket.end(answer, 'latin1'))
  }
}
