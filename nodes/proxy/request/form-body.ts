// The third stage of a request, where its body is a form.
import { isUtf8 } from 'node:buffer'
import { boundaryOf, type FormPart, type FormScan, scanFormInSlices } from '../../../shared/form/scan-form.ts'
import { isForbidden } from '../../../shared/json/body-fields.ts'
import { lookalikeOf } from '../../../shared/json/scan.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import { atOnce, type Slices } from '../../../shared/work/slices.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Operation } from '../operations/operation.ts'
import { ambiguousKey, bad, fallbacksMax, forbiddenParam } from './json-body.ts'

export interface AskedForm {
  readonly boundary: string
  readonly scan: FormScan
  readonly model: string
  /** The request's own fallback list, undefined when it has none. */
  readonly fallbacks: readonly string[] | undefined
  readonly stream: boolean
  /** Always false: the streams that forms ask for tell their usage by themselves. */
  readonly showUsage: false
  /** The part with the model's name; undefined where the path or the list has it. */
  readonly modelPart: FormPart | undefined
  /** The parts that are for the gateway alone. */
  readonly taken: readonly FormPart[]
}

type BadBody = Extract<GatewayError, { type: 'bad-body' }>

interface AskedFormHead {
  readonly contentType: string
  readonly operation: Operation
  /** The model's name where the path has it; then the form's does not count. */
  readonly inPath: string | undefined
}

export function readForm(bytes: Buffer, head: AskedFormHead): Result<AskedForm, BadBody> {
  return atOnce(readFormInSlices(bytes, head))
}

export function* readFormInSlices(
  bytes: Buffer,
  { contentType, operation, inPath }: AskedFormHead,
): Slices<Result<AskedForm, BadBody>> {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined || !/^[\x20-\x7e]+$/.test(contentType)) {
    return fail(bad('invalid_form', 'The header content-type names no boundary that can be used.'))
  }
  const scan = yield* scanFormInSlices(bytes, boundary)
  if ('message' in scan) return fail(bad('invalid_form', scan.message))
  for (const { name } of scan.parts) {
    if (isForbidden(name)) return fail(forbiddenParam(name))
    const wanted = lookalikeOf(name.replace(/\[\]$/, ''))
    if (wanted !== undefined) return fail(ambiguousKey(name, wanted))
    // To some servers the last one is a list with the name of the first.
    if (/^(model|stream)\s*\[/.test(name)) return fail(bad('invalid_form', 'A part has an ambiguous name.', 'model'))
  }
  const read = readParts(scan, operation, inPath)
  return read.ok ? done({ ...read.value, boundary }) : read
}

function readParts(
  scan: FormScan,
  operation: Operation,
  inPath: string | undefined,
): Result<Omit<AskedForm, 'boundary'>, BadBody> {
  const modelPart = onePart(scan, 'model')
  if (!modelPart.ok) return modelPart
  const streamPart = onePart(scan, 'stream')
  if (!streamPart.ok) return streamPart
  const needed = operation.form?.part
  if (needed !== undefined && !scan.parts.some(({ name }) => name === needed)) {
    return fail(bad('missing_required_parameter', `\`${needed}\` is missing.`, needed))
  }
  const taken = scan.parts.filter(({ name }) => name === 'models' || name === 'models[]')
  const listed = taken.map((part) => textOf(scan, part))
  if (listed.length > fallbacksMax || listed.some((name) => name === undefined || name === '')) {
    return fail(bad('invalid_models', `\`models\` must be 1 to ${fallbacksMax} model names.`, 'models'))
  }
  const named = inPath ?? (modelPart.value === undefined ? undefined : textOf(scan, modelPart.value))
  const [model, ...rest] = [...(named === undefined ? [] : [named]), ...(listed as string[])]
  if (model === undefined || model === '') {
    const said = modelPart.value === undefined ? 'is missing' : 'must be a non-empty text'
    return fail(bad('invalid_model', `\`model\` ${said}. Name a model; GET /v1/models lists them.`, 'model'))
  }
  const flag = streamPart.value === undefined ? 'false' : textOf(scan, streamPart.value)?.toLowerCase() || 'false'
  if (flag !== 'true' && flag !== 'false') return fail(bad('invalid_type', '`stream` must be true or false.', 'stream'))
  const fallbacks = taken.length === 0 ? undefined : rest.filter((other) => other !== model)
  return done({ scan, model, fallbacks, stream: flag === 'true', showUsage: false, modelPart: modelPart.value, taken })
}

/** The part of a value that the gateway reads, which must be there at most once, and plain. */
function onePart(scan: FormScan, name: string): Result<FormPart | undefined, BadBody> {
  const [part, second] = scan.parts.filter((other) => other.name === name)
  if (second !== undefined) return fail(bad('invalid_form', `The form has the part \`${name}\` twice.`, name))
  if (part === undefined || isPlain(part)) return done(part)
  return fail(bad('invalid_form', `The part \`${name}\` must be a plain value.`, name))
}

function isPlain({ filename, head }: FormPart): boolean {
  if (filename !== undefined) return false
  if (/^content-transfer-encoding:(?!\s*(?:7bit|8bit|binary)\s*$)/im.test(head)) return false
  return !/charset=(?!"?(?:utf-8|us-ascii))/i.test(head)
}

/** A value that the gateway reads is a name or a flag. */
const valueBytesMax = 1 << 10

/** The text of a value; undefined where it is none, or far too long. */
function textOf({ bytes }: FormScan, { contentStart, end }: FormPart): string | undefined {
  if (end - contentStart > valueBytesMax) return undefined
  const content = bytes.subarray(contentStart, end)
  return isUtf8(content) ? content.toString('utf8') : undefined
}
