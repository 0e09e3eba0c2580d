// One connection of the load generator and the one exchange on it. Figures of the exchange stay in fields that the next
// one overwrites: a generator that allocates per request measures its own garbage collector.
import { connect, type Socket } from 'node:net'
import { ResponseReader } from './response-reader.ts'

export interface LaneTarget {
  port: number
  /** The whole request, head and body, as it goes over the wire. */
  request: Buffer
}

export type LaneEnd = 'answered' | 'broken'

// Shared by all lanes: a read is used up before the next one begins, and ten thousand buffers would be 640 MB.
const readBuffer = Buffer.allocUnsafeSlow(64 << 10)
/** Enough for what ends a stream. */
const tailBytes = 40
const lineFeed = 10

export class Lane {
  readonly #target: LaneTarget
  readonly #onEnd: (lane: Lane, end: LaneEnd) => void
  #reader: ResponseReader
  #socket: Socket | undefined
  #afterLineFeed = false
  #tail = ''
  busy = false
  status = 0
  bodyBytes = 0
  /** Blank lines of the body: in a stream, its frames. */
  frames = 0
  /** Monotonic times at which the request was written, and at which the first and the last byte of the body came. */
  sentMs = 0
  firstByteMs = 0
  endMs = 0
  /** Time at which the request should have been written. Only open loops set it. */
  intendedMs = 0
  onBody: ((data: Buffer) => void) | undefined

  constructor(target: LaneTarget, onEnd: (lane: Lane, end: LaneEnd) => void) {
    this.#target = target
    this.#onEnd = onEnd
    this.#reader = this.#newReader()
  }

  async open(): Promise<void> {
    const socket = this.#connect()
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  }

  send(): void {
    this.busy = true
    this.status = 0
    this.bodyBytes = 0
    this.frames = 0
    this.firstByteMs = 0
    this.#tail = ''
    this.#afterLineFeed = false
    const socket = this.#socket ?? this.#connect()
    this.sentMs = performance.now()
    socket.write(this.#target.request)
  }

  /** Whether the body ended as a stream should. */
  get doneSeen(): boolean {
    return /data: (\[DONE\]|\{"type":"message_stop"\})\s*$/.test(this.#tail)
  }

  pause(): void {
    this.#socket?.pause()
  }

  close(): void {
    const socket = this.#socket
    this.#socket = undefined
    this.busy = false
    socket?.destroy()
  }

  #newReader(): ResponseReader {
    return new ResponseReader({
      onHead: (status) => {
        this.status = status
      },
      onBody: (data) => this.#read(data),
      onEnd: (reusable) => this.#finish(reusable),
    })
  }

  #connect(): Socket {
    this.#reader = this.#newReader()
    const onread = {
      buffer: readBuffer,
      callback: (size: number, buffer: Uint8Array) => {
        if (this.#socket === socket) this.#reader.push(Buffer.from(buffer.buffer, buffer.byteOffset, size))
        return true
      },
    }
    const socket = connect({ host: '127.0.0.1', port: this.#target.port, noDelay: true, onread })
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('close', () => this.#closed(socket))
    return socket
  }

  #closed(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    if (!this.busy || this.#reader.close()) return
    this.busy = false
    this.#onEnd(this, 'broken')
  }

  #read(data: Buffer): void {
    if (this.firstByteMs === 0) this.firstByteMs = performance.now()
    this.bodyBytes += data.length
    this.#countFrames(data)
    this.#tail = (this.#tail + data.toString('latin1', Math.max(0, data.length - tailBytes))).slice(-tailBytes)
    this.onBody?.(data)
  }

  #countFrames(data: Buffer): void {
    for (let at = data.indexOf(lineFeed); at >= 0; at = data.indexOf(lineFeed, at + 1)) {
      const afterOne = at === 0 ? this.#afterLineFeed : data[at - 1] === lineFeed
      if (afterOne) this.frames++
    }
    this.#afterLineFeed = data[data.length - 1] === lineFeed
  }

  #finish(reusable: boolean): void {
    this.endMs = performance.now()
    this.busy = false
    if (!reusable) this.close()
    this.#onEnd(this, 'answered')
  }
}
