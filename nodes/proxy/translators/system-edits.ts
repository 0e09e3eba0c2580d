// System messages in the middle of a conversation, for targets that refuse them there. Where bytes pass through, the body is edited: they
// move to the front, and everything else stays as the caller wrote it.
import type { Dialect, JsonObject } from '../../../shared/chat/parts.ts'
import { parseExact } from '../../../shared/json/exact.ts'
import type { BodyScan } from '../../../shared/json/scan.ts'
import { type Edit, editIn } from '../../../shared/json/splice.ts'
import { takesSystemTurns } from '../../../shared/models/system-turns.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import type { Place } from './own-seals.ts'

type Span = NonNullable<ReturnType<BodyScan['field']>>

const none: readonly Edit[] = []

export function systemEdits(dialect: Dialect, scan: BodyScan, target: Place): readonly Edit[] {
  const messages = scan.field('messages')
  if (messages?.kind !== 'array') return none
  if (!systemMarks(dialect, target).some((role) => hasValue(scan, messages, role))) return none
  return dialect === 'anthropic' ? intoSystem(scan, messages) : toFront(scan, messages)
}

/** The roles of messages that the target does not take where they stand. */
export function systemMarks(dialect: Dialect, { model, quirks }: Place): readonly Buffer[] {
  if (dialect === 'anthropic') return quirks.systemTurns === true && takesSystemTurns(model) ? noMarks : systemRoles
  return dialect === 'openai-chat' && quirks.systemFirst === 'always' ? instructingRoles : noMarks
}

// ── a look at the bytes ──────────────────────────────────────────────────────────────────────────────────────────────

const systemRoles = [Buffer.from('"system"')]
const instructingRoles = [...systemRoles, Buffer.from('"developer"')]
const noMarks: readonly Buffer[] = []
const colon = 58

/** Whether a text stands in the span as a whole value. Within a string its quotes would be escaped. */
function hasValue({ bytes }: BodyScan, { start, end }: Span, text: Buffer): boolean {
  for (let at = bytes.indexOf(text, start); at >= 0 && at < end; at = bytes.indexOf(text, at + text.length)) {
    let next = at + text.length
    while ((bytes[next] ?? 0) <= 32 && next < end) next++
    if (bytes[next] !== colon) return true
  }
  return false
}

function parsedSpan({ bytes }: BodyScan, { start, end }: Span): unknown {
  return parseExact(bytes.toString('utf8', start, end))
}

function edit({ start, end }: Span, value: unknown): Edit {
  return { start, end, replacement: JSON.stringify(value) }
}

function splitBy(scan: BodyScan, messages: Span, roles: readonly string[]) {
  const all = parsedSpan(scan, messages) as unknown[]
  const isSystem = (one: unknown): one is JsonObject => isObject(one) && roles.includes(String(one['role']))
  return { all, system: all.filter(isSystem), others: all.filter((one) => !isSystem(one)) }
}

// ── Anthropic ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Moves system messages to the end of `system`: the instructions before them stay a prefix that is cached. */
function intoSystem(scan: BodyScan, messages: Span): readonly Edit[] {
  const { system, others } = splitBy(scan, messages, ['system'])
  if (system.length === 0) return none
  const field = scan.field('system')
  const own = field === undefined ? [] : blocksOf(parsedSpan(scan, field))
  const blocks = [...own, ...system.flatMap(({ content }) => blocksOf(content))]
  const moved = field === undefined ? editIn(scan, 'system', JSON.stringify(blocks)) : edit(field, blocks)
  return [moved, edit(messages, others)]
}

/** The blocks of a content. A text of white space is refused as a block. */
function blocksOf(content: unknown): unknown[] {
  if (Array.isArray(content)) return content
  return typeof content === 'string' && content.trim() !== '' ? [{ type: 'text', text: content }] : []
}

// ── OpenAI ───────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Makes one message of all system messages, before all others: many chat templates refuse a second one. */
function toFront(scan: BodyScan, messages: Span): readonly Edit[] {
  const { all, system, others } = splitBy(scan, messages, ['system', 'developer'])
  const [first, ...more] = system
  if (first === undefined || (more.length === 0 && all[0] === first)) return none
  return [edit(messages, [{ ...first, content: joined(system.map(({ content }) => content)) }, ...others])]
}

function joined(contents: readonly unknown[]): unknown {
  if (contents.every((one) => typeof one === 'string')) return contents.join('\n\n')
  return contents.flatMap(blocksOf)
}
