// Identifiers that Bedrock takes: ids of calls `[a-zA-Z0-9_-]+`, at most 64 (`ToolUseBlock` in the API reference); names of
// documents of letters, digits, single spaces, hyphens and brackets (`DocumentBlock` in
// @aws-sdk/client-bedrock-runtime), no two alike in a request ("Messages can't contain duplicate document names").
import { expect, test } from 'vitest'
import type { MediaPart } from '../../../../shared/chat/parts.ts'
import { callingOnce, sentTo, valuesOf } from '../test-dialects.ts'
import { bedrockUpstream } from './bedrock.ts'

const claude = { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' }

test.each([
  ['of Kimi', ['functions.w:0', 'functions.w:1']],
  ['that differ in forbidden letters alone', ['a.b', 'a:b']],
  ['that are too long', [`call_${'x'.repeat(115)}`, `call_${'x'.repeat(116)}`]],
  ['that are empty', ['', '']],
])('ids %s fit, and their results keep them', (_what, ids) => {
  const { body } = sentTo(bedrockUpstream, { messages: callingOnce(ids) }, claude)
  const uses = valuesOf(body, 'toolUse').map((use) => (use as { toolUseId: string }).toolUseId)
  const results = valuesOf(body, 'toolResult').map((result) => (result as { toolUseId: string }).toolUseId)
  for (const id of uses) expect(id).toMatch(/^[a-zA-Z0-9_-]{1,64}$/)
  expect([new Set(uses).size, results]).toEqual([ids.length, uses])
})

const file = (name?: string, mediaType = 'application/pdf'): MediaPart => ({
  type: 'file',
  name,
  media: { from: 'bytes', base64: 'JVBERi0x', mediaType },
})

test.each<[string, (string | undefined)[]]>([
  ['without a name', [undefined, undefined]],
  ['that become alike', ['report.pdf', 'report.docx', 'Report.pdf', 're_port.pdf', 're-port.pdf']],
  ['of other letters', ['報告書.pdf', '議事録.pdf']],
  ['that are long', ['x'.repeat(250), 'x'.repeat(251)]],
  ['with spaces', ['a \t b.pdf', 'a  b.pdf']],
])('documents %s have names of their own, in messages and results', (_what, names) => {
  const inResult = { type: 'tool-result' as const, callId: 'c', parts: names.slice(1).map((name) => file(name)) }
  const call = { type: 'tool-call' as const, id: 'c', name: 'f', input: '{}', form: 'function' as const }
  const { body } = sentTo(
    bedrockUpstream,
    {
      messages: [
        { role: 'user', parts: [{ type: 'text', text: 'x' }, file(names[0])] },
        { role: 'assistant', parts: [call] },
        { role: 'user', parts: [inResult] },
      ],
    },
    claude,
  )
  const written = valuesOf(body.messages, 'document').map((one) => (one as { name: string }).name)
  expect(new Set(written.map((name) => name.toLowerCase())).size).toBe(names.length)
  for (const name of written) expect(name).toMatch(/^(?!.*\s\s)[A-Za-z0-9\s()[\]-]{1,200}$/)
})

test.each([
  ['a.xlsx', 'application/octet-stream', 'xlsx'],
  ['a.docx', '', 'docx'],
  ['a.md', '', 'md'],
  ['a.pdf', 'text/csv', 'csv'],
])('the name %s tells the format of bytes of the type "%s"', (name, mediaType, format) => {
  const { body } = sentTo(bedrockUpstream, { messages: [{ role: 'user', parts: [file(name, mediaType)] }] }, claude)
  expect(body.messages[0].content[0].document.format).toBe(format)
})
