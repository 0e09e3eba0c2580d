// An answer that an upstream compressed although it was asked not to: its bytes as they were before. Nothing waits in it that
// the upstream could make large without end; whoever reads slowly stops it as a whole.
import {
  type BrotliDecompress,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  type Gunzip,
  type Inflate,
  type ZstdDecompress,
} from 'node:zlib'

type Decoder = Gunzip | Inflate | BrotliDecompress | ZstdDecompress

export interface DecodedSink {
  onDecoded(bytes: Buffer): void
  /** All of it came. */
  onDecodedEnd(): void
  /** It is not of the encoding that it said, or ended in the middle. */
  onUndecodable(): void
  /** There is room again. */
  onDecoderReady(): void
}

const decoders: Readonly<Record<string, () => Decoder>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

export function isEncoded(encoding: string | undefined): encoding is string {
  return encoding !== undefined && encoding !== '' && encoding.toLowerCase() !== 'identity'
}

export class DecodedAnswer {
  readonly #decoder: Decoder
  #closed = false

  private constructor(decoder: Decoder, sink: DecodedSink) {
    this.#decoder = decoder
    decoder.on('data', (bytes: Buffer) => {
      if (!this.#closed) sink.onDecoded(bytes)
    })
    decoder.on('end', () => this.#finish(() => sink.onDecodedEnd()))
    decoder.on('error', () => this.#finish(() => sink.onUndecodable()))
    decoder.on('drain', () => {
      if (!this.#closed) sink.onDecoderReady()
    })
  }

  /** Undefined for an encoding that nobody here knows. */
  static open(encoding: string, sink: DecodedSink): DecodedAnswer | undefined {
    const create = decoders[encoding.trim().toLowerCase()]
    return create === undefined ? undefined : new DecodedAnswer(create(), sink)
  }

  /** False: no more until `onDecoderReady`. `bytes` may be reused. */
  push(bytes: Uint8Array): boolean {
    return this.#decoder.write(Buffer.from(bytes))
  }

  end(): void {
    this.#decoder.end()
  }

  pause(): void {
    this.#decoder.pause()
  }

  resume(): void {
    this.#decoder.resume()
  }

  /** Nothing comes afterwards. */
  close(): void {
    this.#closed = true
    this.#decoder.destroy()
  }

  #finish(tell: () => void): void {
    if (this.#closed) return
    this.#closed = true
    tell()
  }
}
