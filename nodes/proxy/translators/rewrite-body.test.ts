// What a body may have to be searched for, and that nothing is missed: where no mark is found, the plain body is the rewritten one.
import { expect, test } from 'vitest'
import { BodyScan, scanBody } from '../../../shared/json/scan.ts'
import { StoredHistory } from '../conversations/history.ts'
import { encodeStored } from '../conversations/stored-response.ts'
import { kept } from '../conversations/test-responses.ts'
import { geminiBatchEmbed } from '../operations/operations.ts'
import { type BodyRewrite, marksOf, plainBody, rewrittenBody } from './rewrite-body.ts'

const plain: BodyRewrite = {
  dialect: 'anthropic',
  place: { model: 'claude-sonnet-4-5', quirks: {} },
  edits: [],
  modelEdit: undefined,
  fileEdits: [],
  state: undefined,
  isEnveloped: false,
  namesModelWithin: undefined,
}

function scanned(body: object): BodyScan {
  const scan = new BodyScan()
  expect(scanBody(Buffer.from(JSON.stringify(body)), scan)).toBeUndefined()
  return scan
}

const text = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString()
const user = { role: 'user', content: 'hi' }
const thought = (signature: string) => ({
  role: 'assistant',
  content: [{ type: 'thinking', thinking: 'x', signature }],
})

test.each<[string, readonly object[], boolean]>([
  ['plain turns', [user], false],
  ['its own seal', [user, thought('OWN')], false],
  ['a seal of another maker', [user, thought('headgate:google:c.id:SIG')], true],
  ['a thought without a seal', [user, thought('')], true],
  ['a system message between turns', [user, { role: 'system', content: 's' }, user], true],
])('%s: a body without marks stays as it is', (_, messages, changes) => {
  const scan = scanned({ model: 'm', messages })
  const marks = marksOf(plain) ?? []
  const isMarked = marks.some((mark) => scan.bytes.includes(mark))
  expect(text(rewrittenBody(scan, plain)) !== text(plainBody(scan, plain))).toBe(changes)
  if (changes) expect(isMarked).toBe(true)
})

test('a body that goes on from a stored response, or names its model within, has to be looked at as a whole', () => {
  const history = new StoredHistory([Buffer.from(encodeStored(kept('resp_0')))])
  expect(marksOf({ ...plain, state: { history, referred: undefined } })).toBeUndefined()
  expect(marksOf({ ...plain, namesModelWithin: geminiBatchEmbed.namesModelWithin })).toBeUndefined()
  expect(marksOf({ ...plain, state: { history: undefined, referred: undefined } })).toBeDefined()
})

test('an edit of a file within what another edit takes away is left out', () => {
  const scan = scanned({ model: 'm', messages: [user], x: 'file' })
  const at = scan.bytes.indexOf('"file"')
  const whole = { start: at, end: at + 6, replacement: '"other"' }
  const inner = { start: at + 1, end: at + 5, replacement: 'real' }
  expect(text(plainBody(scan, { ...plain, fileEdits: [inner] }))).toContain('"x":"real"')
  expect(text(plainBody(scan, { ...plain, edits: [whole], fileEdits: [inner] }))).toContain('"x":"other"')
})
