// How a host takes requests of a dialect as bytes, where it differs from the vendor in the envelope alone: the path, a few members
// of the body, the header lines, and the errors of its own platform.
import type { BodyScan } from '../../../shared/json/scan.ts'
import type { Edit } from '../../../shared/json/splice.ts'
import type { Dropped } from './dialect.ts'

export interface Envelope {
  /** Path of the request at the host. */
  path(asked: EnvelopedRequest): string
  /** Changes to the caller's body. */
  edits(scan: BodyScan, asked: EnvelopedRequest): readonly Edit[]
  /** The header lines for the beta features that the caller asks for, and the features that the host lacks. */
  betas(names: readonly string[]): { readonly lines: string; readonly dropped: readonly Dropped[] }
  /** Whether an error is not in the dialect's shape. */
  isPlatformError(body: Buffer): boolean
}

export interface EnvelopedRequest {
  /** Path of the request at the vendor. */
  readonly path: string
  readonly model: string
  readonly stream: boolean
}
