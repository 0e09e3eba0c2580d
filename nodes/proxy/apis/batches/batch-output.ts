// Reads the output file of a batch, a line for each request, as far as it is charged. Source: OpenAI's API reference, "The request output
// object": `response.status_code`, `response.body`, `error`; a line that failed has no usage and is not charged.
import type { Usage } from '../../../../shared/chat/usage.ts'
import { findUsage } from '../../dialects/openai/find-usage.ts'
import { parseUsage, usageOfResponse } from '../../dialects/openai/usage.ts'
import { membersOf, type ProviderObject } from '../../provider-objects/object-answers.ts'

/** What one request of a batch used. */
export interface LineUse {
  /** The model as the provider names it; '' where the line does not say. */
  readonly model: string
  /** Undefined: the line does not report it. */
  readonly usage: Usage | undefined
}

/** A longer line is looked at without being parsed. */
const parsedBytesMax = 1 << 20
const unknown: LineUse = { model: '', usage: undefined }

/** Undefined: nothing was charged. */
export function readOutputLine(line: Buffer): LineUse | undefined {
  if (line.length > parsedBytesMax) return { model: modelIn(line), usage: findUsage(line) }
  const text = line.toString('utf8').trim()
  if (text === '') return undefined
  const parsed = parsedObject(text)
  if (parsed === undefined) return unknown
  const response = membersOf(parsed['response'])
  if (response === undefined) return undefined
  const body = membersOf(response['body'])
  if (!isSuccess(response['status_code'])) return undefined
  const { model } = body ?? {}
  return {
    model: typeof model === 'string' ? model : '',
    usage: body === undefined ? undefined : usageOfResponse(body),
  }
}

/** What a batch tells of all its requests. Source: OpenAI's API reference, "The batch object": `usage`, of batches since September 2025. */
export function usageOfBatch(batch: ProviderObject): Usage | undefined {
  const usage = parseUsage(batch['usage'])
  return usage === undefined || usage.input + usage.output === 0 ? undefined : usage
}

function isSuccess(status: unknown): boolean {
  return typeof status !== 'number' || (status >= 200 && status <= 299)
}

function parsedObject(text: string): ProviderObject | undefined {
  try {
    return membersOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** A body names its model before its choices. */
const modelBytes = 4_096

function modelIn(line: Buffer): string {
  return /"model"\s*:\s*"([^"\\]{1,256})"/.exec(line.toString('latin1', 0, modelBytes))?.[1] ?? ''
}

/** Cuts what comes of a file into its lines. */
export class LineReader {
  readonly #onLine: (line: Buffer) => void
  #pieces: Buffer[] = []
  #bytes = 0
  /** Lines that were too long to be kept. */
  tooLong = 0
  #isSkipping = false

  constructor(onLine: (line: Buffer) => void) {
    this.#onLine = onLine
  }

  /** `chunk` is copied as far as it is kept. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let from = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      this.#keep(bytes.subarray(from, end))
      this.#endLine()
      from = end + 1
    }
    this.#keep(bytes.subarray(from))
  }

  end(): void {
    if (this.#bytes > 0 || this.#isSkipping) this.#endLine()
  }

  #keep(piece: Buffer): void {
    if (this.#isSkipping || piece.length === 0) return
    this.#bytes += piece.length
    this.#isSkipping = this.#bytes > lineBytesMax
    if (this.#isSkipping) this.#pieces = []
    else this.#pieces.push(Buffer.from(piece))
  }

  #endLine(): void {
    if (this.#isSkipping) this.tooLong++
    else this.#onLine(Buffer.concat(this.#pieces))
    this.#pieces = []
    this.#bytes = 0
    this.#isSkipping = false
  }
}

const lineBytesMax = 32 << 20
