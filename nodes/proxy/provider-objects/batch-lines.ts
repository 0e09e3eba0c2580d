// Checks and rewrites the lines of a batch file. The provider runs each line with the gateway's credential, so each must name a
// model that the caller may use, and gets the name of that model at the provider. The rest of a line stays as it is.
import { BodyScan, scanBatchLine } from '../../../shared/json/scan.ts'
import { scanLineInSlices } from '../../../shared/json/scan-in-slices.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { joined, type Slices } from '../../../shared/work/slices.ts'

export interface BatchLines {
  /** The file with the provider's names of models. */
  readonly content: Buffer
  /** The models that the lines name, by the callers' names. */
  readonly models: readonly string[]
}

export interface BadLine {
  readonly line: number
  readonly message: string
}

/** Number of models that one file may name, because the id of the file holds them. */
const batchModelsMax = 4
const linesMax = 100_000

/** Lines of one slice, and the size above which a line is scanned in slices itself. */
const linesOfSlice = 16
const longLineBytes = 64 << 10

/** `nameOf` returns a model's name at the provider, or why it cannot be used. */
export function* batchLinesInSlices(
  bytes: Buffer,
  nameOf: (model: string) => Result<string, string>,
): Slices<Result<BatchLines, BadLine>> {
  const pieces: Uint8Array[] = []
  const names = new Map<string, string>()
  let keptTo = 0
  let line = 0
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(10, start)
    const end = newline < 0 ? bytes.length : newline
    line++
    const read = yield* readLine(bytes.subarray(start, end), names, nameOf)
    if (!read.ok) return fail({ line, message: read.error })
    if (line > linesMax) return fail({ line, message: `is one more than the ${linesMax} that a file may have` })
    if (read.value !== undefined) {
      pieces.push(bytes.subarray(keptTo, start + read.value.start), Buffer.from(read.value.name))
      keptTo = start + read.value.end
    }
    start = end + 1
    if (line % linesOfSlice === 0) yield
  }
  if (names.size === 0) return fail({ line, message: 'is the last, and none of them is a request' })
  pieces.push(bytes.subarray(keptTo))
  return done({ content: yield* joined(pieces), models: [...names.keys()] })
}

interface NamePlace {
  /** The model's name is bytes [start, end) of the line; `name` replaces it. */
  readonly start: number
  readonly end: number
  readonly name: string
}

/** Returns undefined for an empty line. */
function* readLine(
  line: Buffer,
  names: Map<string, string>,
  nameOf: (model: string) => Result<string, string>,
): Slices<Result<NamePlace | undefined, string>> {
  if (isBlank(line)) return done(undefined)
  const scan = new BodyScan()
  const scanned = line.length > longLineBytes ? yield* scanLineInSlices(line, scan) : scanBatchLine(line, scan)
  if ('type' in scanned) return fail(problemOf(scanned.type))
  const model = scan.text('model')
  const span = scan.field('model')
  if (model === undefined || model === '' || span === undefined) return fail('names no model in its `body`')
  const name = providerName(model, names, nameOf)
  if (!name.ok) return name
  return done({ start: scanned.bodyStart + span.start, end: scanned.bodyStart + span.end, name: name.value })
}

/** The name at the provider as a JSON string, from `names` once it is known. */
function providerName(
  model: string,
  names: Map<string, string>,
  nameOf: (model: string) => Result<string, string>,
): Result<string, string> {
  const known = names.get(model)
  if (known !== undefined) return done(known)
  const found = nameOf(model)
  if (!found.ok) return found
  if (names.size >= batchModelsMax) return fail(`names one more than the ${batchModelsMax} models that a file may name`)
  const name = JSON.stringify(found.value)
  names.set(model, name)
  return done(name)
}

function isBlank(line: Buffer): boolean {
  return line.length < 1_024 && line.toString('latin1').trim() === ''
}

function problemOf(type: string): string {
  switch (type) {
    case 'not_an_object':
      return 'is not a JSON object with a `body` that is one'
    case 'forbidden_param':
      return "sets what is the gateway's to set"
    case 'duplicate_key':
      return 'has a member twice'
    case 'ambiguous_key':
      return 'has a member whose name differs from a known one by its case alone'
    case 'too_complex':
      return 'has too many members, values or escapes'
    default:
      return 'is not valid JSON'
  }
}
