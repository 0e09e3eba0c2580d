// The third stage of a request: what its body says. Structure is checked in one pass over the bytes; what the gateway does
// not need to know is for the upstream to judge.

import { fieldOf } from '../../../shared/json/body-fields.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { Span } from '../../../shared/json/members.ts'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { scanBodyInSlices } from '../../../shared/json/scan-in-slices.ts'
import type { ScanProblem } from '../../../shared/json/scan-problem.ts'
import { type Edit, editIncludeUsage, editOut } from '../../../shared/json/splice.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Slices } from '../../../shared/work/slices.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import { wrongNumber } from './asked-numbers.ts'

export interface AskedModel {
  readonly model: string
  /** The request's own fallback list, undefined when it has none. */
  readonly fallbacks: readonly string[] | undefined
}

export interface AskedStream {
  readonly stream: boolean
  readonly showUsage: boolean
  /** Changes to the body that do not depend on the target. */
  readonly edits: readonly Edit[]
}

type BadBody = Extract<GatewayError, { type: 'bad-body' }>

export const fallbacksMax = 16
/** A longer list is not read: no name of a model has a thousand bytes. */
const modelsBytesMax = fallbacksMax * 1_024

/** Reads which models are asked for. `inPath` is the model's name where the path has it; then the body's does not count. */
export function readModel(bytes: Buffer, scan: BodyScan, inPath?: string): Result<AskedModel, BadBody> {
  const problem = scanBody(bytes, scan)
  return problem === undefined ? modelIn(scan, inPath) : fail(badBody(problem))
}

export function* readModelInSlices(
  bytes: Buffer,
  scan: BodyScan,
  inPath: string | undefined,
): Slices<Result<AskedModel, BadBody>> {
  const problem = yield* scanBodyInSlices(bytes, scan)
  return problem === undefined ? modelIn(scan, inPath) : fail(badBody(problem))
}

function modelIn(scan: BodyScan, inPath: string | undefined): Result<AskedModel, BadBody> {
  const listed = readModels(scan)
  if (!listed.ok) return listed
  const model = inPath ?? scan.text('model')
  if (model !== undefined && model !== '') {
    return done({ model, fallbacks: listed.value?.filter((other) => other !== model) })
  }
  const isNamed = scan.field('model') !== undefined && !isEmpty(scan, 'model')
  if (!isNamed && listed.value !== undefined) {
    const [first, ...rest] = listed.value
    return done({ model: first!, fallbacks: rest })
  }
  const said = scan.field('model') === undefined ? 'is missing' : 'must be a non-empty string'
  return fail(bad('invalid_model', `\`model\` ${said}. Name a model; GET /v1/models lists them.`, 'model'))
}

function readModels(scan: BodyScan): Result<string[] | undefined, BadBody> {
  const span = scan.field('models')
  if (span === undefined || isEmpty(scan, 'models')) return done(undefined)
  const models = span.end - span.start > modelsBytesMax ? undefined : readJson(scan.bytes, span)
  const valid =
    Array.isArray(models) &&
    models.length > 0 &&
    models.length <= fallbacksMax &&
    models.every((model) => typeof model === 'string' && model !== '')
  if (valid) return done(models as string[])
  return fail(bad('invalid_models', `\`models\` must be a list of 1 to ${fallbacksMax} model names.`, 'models'))
}

function readJson(bytes: Buffer, { start, end }: Span): unknown {
  return JSON.parse(bytes.toString('utf8', start, end))
}

export function readStream(operation: Operation, scan: BodyScan): Result<AskedStream, BadBody> {
  const { input } = operation
  if (input !== undefined && scan.field(input.member) === undefined) {
    return fail(bad('missing_required_parameter', `\`${input.member}\` is missing.`, input.member))
  }
  if (input?.nonEmptyArray === true && (scan.field(input.member)?.kind !== 'array' || !scan.hasContent(input.member))) {
    return fail(bad('invalid_messages', `\`${input.member}\` must be a non-empty list.`, input.member))
  }
  const flag = scan.fieldAt(fieldOf.stream)
  if (flag !== undefined && flag.kind !== 'true' && flag.kind !== 'false' && !isEmpty(scan, 'stream')) {
    return fail(bad('invalid_type', '`stream` must be true or false.', 'stream'))
  }
  const stream = flag?.kind === 'true' || operation.alwaysStreams === true
  if (stream && operation.stream === undefined)
    return fail(bad('unsupported_parameter', `\`stream\` is not for ${operation.name}.`, 'stream'))
  const wrong = wrongNumber(scan)
  if (wrong !== undefined) return fail(bad('invalid_value', wrong.message, wrong.name))
  const edits: Edit[] = []
  const models = scan.fieldAt(fieldOf.models) === undefined ? undefined : editOut(scan, 'models')
  if (models !== undefined) edits.push(models)
  const empty = flag?.kind === 'string' && scan.text('stream') === '' ? editOut(scan, 'stream') : undefined
  if (empty !== undefined) edits.push(empty)
  const usage = stream && operation.asksForUsage ? editIncludeUsage(scan) : undefined
  if (usage !== undefined) edits.push(usage)
  return done({ stream, showUsage: scan.includeUsage?.kind === 'true', edits })
}

/** Whether a member is null or an empty text, which both mean that it is absent. */
function isEmpty(scan: BodyScan, name: 'model' | 'models' | 'stream'): boolean {
  return scan.field(name)?.kind === 'null' || scan.text(name) === ''
}

/** The whole body, where all of it has to be read; whoever asks for it has bounded its length. */
export function readObject(bytes: Buffer): Result<Readonly<Record<string, unknown>>, BadBody> {
  const problem = scanBody(bytes, new BodyScan())
  if (problem !== undefined) return fail(badBody(problem))
  return done(parseExact(bytes.toString('utf8')) as Record<string, unknown>)
}

function badBody(problem: ScanProblem): BadBody {
  switch (problem.type) {
    case 'empty_body':
      return bad(problem.type, 'The body is empty. Send a JSON object.')
    case 'invalid_utf8':
      return bad(problem.type, 'The body is not valid UTF-8.')
    case 'not_an_object':
      return bad(problem.type, 'The body must be a JSON object.')
    case 'invalid_json':
      return bad(
        problem.type,
        `The body is not valid JSON: ${problem.truncated ? 'it ends too early' : 'unexpected byte'} at line ${problem.line}, column ${problem.column}.`,
      )
    case 'lone_surrogate':
      return bad(
        problem.type,
        `The body has half of a surrogate pair at line ${problem.line}, column ${problem.column}.`,
      )
    case 'too_deep':
      return bad(
        problem.type,
        `The body is nested deeper than ${problem.depthMax} levels at line ${problem.line}, column ${problem.column}.`,
      )
    case 'duplicate_key':
      return bad(
        problem.type,
        `The body has the member \`${problem.key.slice(0, 64)}\` twice. Which one counts would be anyone's guess; send it once.`,
        problem.key.slice(0, 64),
      )
    case 'ambiguous_key':
      return ambiguousKey(problem.key, problem.wanted)
    case 'too_complex':
      return bad(problem.type, `The body has more than ${problem.what}.`)
    case 'forbidden_param':
      return forbiddenParam(problem.param)
  }
}

export function ambiguousKey(key: string, wanted: string): BadBody {
  const shown = key.slice(0, 64)
  const message = `\`${shown}\` is not \`${wanted}\`, and a reader that does not look at the case takes it for that. Send \`${wanted}\`.`
  return bad('ambiguous_key', message, shown)
}

export function forbiddenParam(param: string): BadBody {
  const message = `\`${param}\` cannot be set by a caller: where a request goes is the gateway's configuration.`
  return bad('forbidden_param', message, param)
}

export function bad(code: string, message: string, param?: string): BadBody {
  return { type: 'bad-body', code, message, param }
}
