// Keeps subscriptions to subjects over reconnects: on each new connection they are made again.
import type { NatsConnection, Subscription } from '@nats-io/transport-node'
import type { NatsLink } from './nats-link.ts'

export interface SubjectEars {
  heard: (payload: Uint8Array) => void
  /** Called when the connection comes or goes. */
  changed: (isConnected: boolean) => void
}

export class SubjectWatches {
  readonly #link: NatsLink
  readonly #watches = new Set<{ stop(): void }>()

  constructor(link: NatsLink) {
    this.#link = link
  }

  open(subject: string, { heard, changed }: SubjectEars): { stop(): void } {
    let on: NatsConnection | undefined
    let subscription: Subscription | undefined
    const callback = (error: Error | null, message: { data: Uint8Array }) => {
      if (error === null) heard(message.data)
    }
    const watching = this.#link.onChange((isConnected) => {
      const { connection } = this.#link
      if (isConnected && connection !== undefined && connection !== on) {
        on = connection
        subscription = connection.subscribe(subject, { callback })
      }
      changed(isConnected && connection !== undefined)
    })
    const watch = {
      stop: () => {
        this.#watches.delete(watch)
        watching.stop()
        if (on?.isClosed() === false) subscription?.unsubscribe()
      },
    }
    this.#watches.add(watch)
    return watch
  }

  close(): void {
    for (const watch of this.#watches) watch.stop()
  }
}
