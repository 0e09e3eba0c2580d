// Decompresses an answer that an upstream compressed although it was asked not to. Its buffers are bounded: a slow reader
// pauses the decoder, and the decoder pauses the upstream.
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
  /** The answer is complete. */
  onDecodedEnd(): void
  /** The bytes are not in the declared encoding, or end in the middle. */
  onUndecodable(): void
  /** The decoder accepts bytes again. */
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

  /** Returns undefined for an unknown encoding. */
  static open(encoding: string, sink: DecodedSink): DecodedAnswer | undefined {
    const create = decoders[encoding.trim().toLowerCase()]
    return create === undefined ? undefined : new DecodedAnswer(create(), sink)
  }

  /** Returns false when no more may be pushed until `onDecoderReady`. `bytes` may be reused afterwards. */
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

  /** No callback comes afterwards. */
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
