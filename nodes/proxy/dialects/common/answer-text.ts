// Measures the text of an answer that is not translated, for an estimate of its tokens where the upstream reports none. One
// rule serves all dialects, because they share the names of what a model writes.
import type { Json } from '../../../../shared/chat/parts.ts'
import { tryParseExact } from '../../../../shared/json/exact.ts'
import { unlessTooDeep } from '../depth-guard.ts'
import { isObject } from './body-reader.ts'

/** The members that hold the answer: of chat and completions, Gemini, Responses and Messages. */
const roots = ['choices', 'candidates', 'output', 'content']
/** Members whose text a model wrote. */
const texts = new Set(['content', 'text', 'refusal', 'arguments', 'thinking', 'summary', 'output_text'])
/** Members that repeat one another: one of them says what the others say too. */
const reasonings = ['reasoning_content', 'reasoning']
/** Members that are the input of a tool, as JSON. */
const inputs = new Set(['input', 'args'])

/** 0 where the bytes are no JSON or no answer of a model. */
export function bodyTextBytes(body: Buffer): number {
  const value = tryParseExact(body.toString('utf8'))
  return isObject(value) ? unlessTooDeep(0, () => sum(roots.map((root) => answerTextBytes(value[root])))) : 0
}

/** Bytes of the text within a part of an answer. */
export function answerTextBytes(value: Json): number {
  if (Array.isArray(value)) return sum(value.map((one) => (typeof one === 'string' ? 0 : answerTextBytes(one))))
  if (!isObject(value)) return typeof value === 'string' ? Buffer.byteLength(value) : 0
  const reasoning = reasonings.map((name) => value[name]).find((one) => typeof one === 'string' && one !== '')
  return sum([
    typeof reasoning === 'string' ? Buffer.byteLength(reasoning) : 0,
    ...Object.entries(value).map(([name, member]) => memberBytes(name, member)),
  ])
}

function memberBytes(name: string, member: Json): number {
  if (typeof member === 'string') return texts.has(name) || inputs.has(name) ? Buffer.byteLength(member) : 0
  if (inputs.has(name)) return Buffer.byteLength(JSON.stringify(member) ?? '')
  return reasonings.includes(name) || name === 'reasoning_details' || name === 'logprobs' ? 0 : answerTextBytes(member)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
