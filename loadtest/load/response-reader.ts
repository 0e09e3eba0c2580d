// The little of HTTP/1.1 that a load generator has to understand, cheaply: where answers begin and end, and their bytes.

export interface ResponseHandler {
  onHead(status: number): void
  /** A view into the read buffer: valid during the call only. */
  onBody(data: Buffer): void
  /** `reusable`: the connection may carry another request. */
  onEnd(reusable: boolean): void
}

type State = 'head' | 'sized' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'until-close'

export class ResponseReader {
  readonly #handler: ResponseHandler
  #state: State = 'head'
  #left = 0
  #reusable = true
  /** The beginning of a head or a line whose end has not come yet. */
  #carry: Buffer | undefined

  constructor(handler: ResponseHandler) {
    this.#handler = handler
  }

  /** Whether an answer has begun and not ended. */
  get midway(): boolean {
    return this.#state !== 'head' || this.#carry !== undefined
  }

  push(data: Buffer): void {
    let rest = this.#carry === undefined ? data : Buffer.concat([this.#carry, data])
    this.#carry = undefined
    while (rest.length > 0) {
      const used = this.#step(rest)
      if (used === 0) {
        this.#carry = Buffer.from(rest)
        return
      }
      rest = rest.subarray(used)
    }
  }

  /** The peer closed. True when that is how the answer was to end. */
  close(): boolean {
    if (this.#state !== 'until-close') return false
    this.#end()
    return true
  }

  /** How many bytes were used; 0 asks for more. */
  #step(data: Buffer): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(data)
      case 'sized':
      case 'chunk-data':
        return this.#readBody(data)
      case 'chunk-size':
        return this.#readLine(data, (line) => this.#readChunkSize(line))
      case 'chunk-end':
        return this.#readLine(data, () => this.#become('chunk-size'))
      case 'trailers':
        return this.#readLine(data, (line) => {
          if (line === '') this.#end()
        })
      case 'until-close':
        this.#handler.onBody(data)
        return data.length
    }
  }

  #readHead(data: Buffer): number {
    const end = data.indexOf('\r\n\r\n')
    if (end < 0) return 0
    const head = data.toString('latin1', 0, end + 2).toLowerCase()
    const status = Number(head.slice(9, 12))
    this.#reusable = !head.includes('\r\nconnection: close\r\n')
    if (status < 200) return end + 4
    this.#handler.onHead(status)
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
    if (head.includes('\r\ntransfer-encoding: chunked')) this.#become('chunk-size')
    else if (length === undefined) this.#become('until-close')
    else this.#expect('sized', Number(length))
    return end + 4
  }

  #readBody(data: Buffer): number {
    const size = Math.min(this.#left, data.length)
    this.#handler.onBody(size === data.length ? data : data.subarray(0, size))
    this.#left -= size
    if (this.#left > 0) return size
    if (this.#state === 'sized') this.#end()
    else this.#become('chunk-end')
    return size
  }

  #readLine(data: Buffer, use: (line: string) => void): number {
    const end = data.indexOf('\r\n')
    if (end < 0) return 0
    use(data.toString('latin1', 0, end))
    return end + 2
  }

  #readChunkSize(line: string): void {
    const size = Number.parseInt(line, 16)
    if (size === 0) this.#become('trailers')
    else this.#expect('chunk-data', size)
  }

  #expect(state: 'sized' | 'chunk-data', bytes: number): void {
    this.#state = state
    this.#left = bytes
    if (bytes === 0) this.#end()
  }

  #become(state: State): void {
    this.#state = state
  }

  #end(): void {
    const reusable = this.#reusable && this.#state !== 'until-close'
    this.#state = 'head'
    this.#handler.onEnd(reusable)
  }
}
