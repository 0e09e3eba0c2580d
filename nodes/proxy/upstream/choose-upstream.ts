// Chooses the client for an origin: the gateway's own, or undici where the environment names a proxy for it.
import type { Clock } from '../../../shared/clock.ts'
import type { Notify } from '../../../shared/notice.ts'
import { Http1Client } from './http1-client.ts'
import { AddressBook } from './sockets/address-book.ts'
import { readProxyEnvironment } from './sockets/proxy-environment.ts'
import { SocketOpener } from './sockets/upstream-socket.ts'
import { unreachableReporter } from './unreachable-notices.ts'
import type { Upstream, UpstreamCall, UpstreamHandler, UpstreamOrigin, UpstreamRequest } from './upstream.ts'

export interface UpstreamOptions {
  environment: Readonly<Record<string, string | undefined>>
  clock: Clock
  notify: Notify
}

export async function openUpstream({ environment, clock, notify }: UpstreamOptions): Promise<Upstream> {
  const addresses = new AddressBook({ clock })
  const reportUnreachable = unreachableReporter({ clock, notify })
  const direct = new Http1Client({ clock, addresses, reportUnreachable })
  const proxies = readProxyEnvironment(environment)
  for (const name of proxies.unusable) {
    notify({ type: 'warning', message: `${name} is not the URL of an HTTP proxy and is ignored` })
  }
  if (!proxies.active) return direct
  const { UndiciUpstream } = await import('./undici-upstream.ts')
  const { proxyOf } = proxies
  return new SplitUpstream({
    direct,
    proxied: new UndiciUpstream({ clock, addresses, reportUnreachable, proxyOf }),
    proxyOf,
  })
}

/** Opens WebSockets, through the same proxies. */
export function openSockets({ environment, clock }: Omit<UpstreamOptions, 'notify'>): SocketOpener {
  return new SocketOpener({ addresses: new AddressBook({ clock }), proxyOf: readProxyEnvironment(environment).proxyOf })
}

interface SplitUpstreamOptions {
  direct: Upstream
  proxied: Upstream
  proxyOf: (origin: UpstreamOrigin) => string | undefined
}

class SplitUpstream implements Upstream {
  readonly #options: SplitUpstreamOptions
  readonly #chosen = new WeakMap<UpstreamOrigin, Upstream>()

  constructor(options: SplitUpstreamOptions) {
    this.#options = options
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    return this.#choose(request.origin).send(request, handler)
  }

  close(): void {
    this.#options.direct.close()
    this.#options.proxied.close()
  }

  #choose(origin: UpstreamOrigin): Upstream {
    let upstream = this.#chosen.get(origin)
    if (upstream === undefined) {
      const { direct, proxied, proxyOf } = this.#options
      upstream = proxyOf(origin) === undefined ? direct : proxied
      this.#chosen.set(origin, upstream)
    }
    return upstream
  }
}
