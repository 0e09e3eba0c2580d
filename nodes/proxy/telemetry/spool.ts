// Holds usage records between the answer's last byte and the aggregator's confirmation, in append-only segment files, one
// series per boot (epoch). One write(2) per turn hands them to the kernel, which outlives this process. What protects them
// from a power cut is the aggregator's durable commit each second; the spool syncs itself only when that commit lags. A batch
// never crosses segments, so each file can be read from its start. Other files in the folder are left alone.
import assert from 'node:assert/strict'
import { closeSync, fdatasync, mkdirSync, openSync, readdirSync, statSync, unlink, writeSync } from 'node:fs'
import { join } from 'node:path'

export interface SpoolOptions {
  directory: string
  epoch: string
  bytesMax: number
  segmentBytesMax: number
  /** Called before segments are deleted. */
  onRelease?: () => void
}

export interface Segment {
  readonly path: string
  readonly epoch: string
  readonly number: number
  /** The size of the file. */
  bytes: number
  /** Size up to the end of the last finished batch. For a segment of an earlier boot this is the whole file. */
  closedBytes: number
  /** Last sequence of the last finished batch. Undefined for a segment of an earlier boot that was not read yet. */
  last: number | undefined
}

export type Append = { type: 'stored' } | { type: 'full' } | { type: 'failed'; message: string }

const epochPattern = /^[a-z0-9-]+$/
const segmentName = /^([a-z0-9-]+)\.(\d{8})\.spool$/
const stored: Append = { type: 'stored' }
const full: Append = { type: 'full' }

/** The size from which on a current segment is deleted once it is confirmed whole. A smaller one is written on, which saves
 *  creating a file for every few records. */
const currentReleaseBytesMin = 64 << 10

export class Spool {
  readonly #options: SpoolOptions
  #segments: Segment[] = []
  #current: { segment: Segment; fd: number } | undefined
  #number = 0
  #bytes = 0
  #unsynced = false
  #ready = false

  constructor(options: SpoolOptions) {
    assert(epochPattern.test(options.epoch), 'an epoch that its own segments would not be recognised by')
    this.#options = options
  }

  /** Bytes on disk, segments of earlier boots included. */
  get bytes(): number {
    return this.#bytes
  }

  get segments(): readonly Segment[] {
    return this.#segments
  }

  /** Lists the segments that earlier boots left. Throws what the file system throws; the caller then goes on without a spool. */
  open(): void {
    mkdirSync(this.#options.directory, { recursive: true })
    this.#segments = []
    this.#bytes = 0
    for (const name of readdirSync(this.#options.directory).sort()) {
      const match = segmentName.exec(name)
      if (match?.[1] === undefined) continue
      const path = join(this.#options.directory, name)
      const bytes = statSync(path).size
      this.#bytes += bytes
      this.#segments.push({
        path,
        epoch: match[1],
        number: Number(match[2]),
        bytes,
        closedBytes: bytes,
        last: undefined,
      })
    }
    this.#ready = true
  }

  /** Appends a part of a batch; `starts` marks its first part. After any result but `stored` the rest must not be appended. */
  append(bytes: Uint8Array, start: number, end: number, starts: boolean): Append {
    try {
      if (this.#bytes + end - start > this.#options.bytesMax) {
        this.seal()
        return full
      }
      const current = starts ? this.#segmentForBatch() : this.#current
      if (current === undefined) return { type: 'failed', message: 'the segment is closed' }
      for (let at = start; at < end; ) {
        const written = writeSync(current.fd, bytes, at, end - at)
        at += written
        current.segment.bytes += written
        this.#bytes += written
      }
      this.#unsynced = true
      return stored
    } catch (error) {
      this.seal()
      return { type: 'failed', message: error instanceof Error ? error.message : 'unknown' }
    }
  }

  batchEnds(last: number): void {
    if (this.#current === undefined) return
    this.#current.segment.closedBytes = this.#current.segment.bytes
    this.#current.segment.last = last
  }

  /** Closes the current segment; the next batch opens another. */
  seal(): void {
    if (this.#current === undefined) return
    const { fd } = this.#current
    this.#current = undefined
    try {
      closeSync(fd)
    } catch {
      // A close that fails says that an earlier write may be lost; the batch is still in memory until it is confirmed.
    }
  }

  /** Deletes the segments that are confirmed up to `sequence`. Returns how many were deleted. */
  release(epoch: string, sequence: number): number {
    const kept: Segment[] = []
    for (const segment of this.#segments) {
      if (segment.epoch !== epoch || !this.#isDone(segment, sequence)) kept.push(segment)
      else this.#delete(segment)
    }
    const released = this.#segments.length - kept.length
    this.#segments = kept
    return released
  }

  /** Bounds what a power cut can destroy while nothing is confirmed. It does not block; errors show at the next write. */
  sync(): void {
    if (this.#current === undefined || !this.#unsynced) return
    this.#unsynced = false
    fdatasync(this.#current.fd, () => {})
  }

  close(): void {
    this.seal()
  }

  #isDone(segment: Segment, sequence: number): boolean {
    if (segment.last === undefined || segment.last > sequence) return false
    const isCurrent = this.#current?.segment === segment
    return !isCurrent || (segment.bytes === segment.closedBytes && segment.bytes >= currentReleaseBytesMin)
  }

  #delete(segment: Segment): void {
    this.#options.onRelease?.()
    if (this.#current?.segment === segment) this.seal()
    this.#bytes -= segment.bytes
    // A file that cannot be deleted is found at the next boot and delivered again, which counts nothing twice.
    unlink(segment.path, () => {})
  }

  #segmentForBatch(): { segment: Segment; fd: number } {
    if (!this.#ready) this.open()
    if (this.#current !== undefined && this.#current.segment.bytes < this.#options.segmentBytesMax) return this.#current
    this.seal()
    const number = ++this.#number
    const path = join(this.#options.directory, `${this.#options.epoch}.${String(number).padStart(8, '0')}.spool`)
    const fd = openSync(path, 'a', 0o600)
    const segment = { path, epoch: this.#options.epoch, number, bytes: 0, closedBytes: 0, last: 0 }
    this.#segments.push(segment)
    this.#current = { segment, fd }
    return this.#current
  }
}
