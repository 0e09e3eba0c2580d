// A response of our own that is never answered. The binary writes a warning to stderr for each upgrade that is made outside of every
// cork, and an upgrade within the cork of its own response may close the socket. So upgrades are made within the cork of this one.
import { App, type HttpResponse, us_listen_socket_close, us_socket_local_port } from 'uWebSockets.js'
import { randomUUID } from 'node:crypto'
import { connect, type Socket } from 'node:net'

export class SpareResponse {
  #response: HttpResponse | undefined
  #client: Socket | undefined

  /** Sends a request to this process, at a port that closes as soon as the request has arrived. */
  open(): void {
    const path = `/${randomUUID()}`
    const app = App()
    let closePort = () => {}
    app.any('/*', (response, request) => {
      response.onAborted(() => this.#lost(response))
      if (request.getUrl() !== path) {
        response.close()
        return
      }
      this.#response = response
      setImmediate(closePort)
    })
    app.listen('127.0.0.1', 0, (listening) => {
      if (listening === false) return
      const client = connect(us_socket_local_port(listening), '127.0.0.1').unref()
      client.on('error', () => {})
      client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      this.#client = client
      closePort = () => us_listen_socket_close(listening)
    })
  }

  /** Runs `upgrade` within the cork of the spare response, or outside of every cork while there is none. A caller must not be
   *  within a cork itself. */
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
