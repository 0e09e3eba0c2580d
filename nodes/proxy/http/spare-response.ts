// A response of our own that is never answered. The binary writes a warning to stderr for each upgrade that is made outside of every
// cork, and an upgrade within the cork of its own response may close the socket. So upgrades are made within the cork of this one.
import { App, type HttpResponse, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js'
import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export class SpareResponse {
  #response: HttpResponse | undefined
  #client: Socket | undefined
  #isOpened = false

  /** Sends a request to this process, at a port that is closed as soon as the request is there. Later calls do nothing. */
  open(): void {
    if (this.#isOpened) return
    this.#isOpened = true
    const path = `/${randomUUID()}`
    const app = App()
    app.any('/*', (response, request) => {
      response.onAborted(() => this.#lost(response))
      if (request.getUrl() === path) this.#response = response
      else response.close()
    })
    app.listen('127.0.0.1', 0, (listening) => {
      if (listening === false) return
      const client = connect(us_socket_local_port(listening), '127.0.0.1').unref()
      client.on('error', () => {})
      client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`, () => us_listen_socket_close(listening))
      this.#client = client
    })
  }

  /** Not within another cork. Before the response is there the upgrade is made all the same. */
  cork(upgrade: () => void): void {
    if (this.#response === undefined) upgrade()
    else this.#response.cork(upgrade)
  }

  close(): void {
    this.#client?.destroy()
  }

  #lost(response: HttpResponse): void {
    if (this.#response === response) this.#response = undefined
  }
}
