import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasMarkedWord } from './marked-words.ts'

const marked = (body: unknown) => {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return hasMarkedWord(bytes, 0, bytes.length)
}
const said = (content: unknown, more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content }], ...more })

describe('a body that may be more than text', () => {
  test.each<[string, unknown]>([
    ['a picture', said([{ type: 'image_url', image_url: { url: 'https://a.test/b.png' } }])],
    ['a picture of Anthropic', said([{ type: 'image', source: { type: 'base64', data: 'QUJD' } }])],
    ['sound', said([{ type: 'input_audio', input_audio: { data: 'QUJD', format: 'wav' } }])],
    ['a file', said([{ type: 'file', file: { file_id: 'f' } }])],
    ['a document', said([{ type: 'document', source: {} }])],
    ['tools', said('hi', { tools: [] })],
    ['the call of a tool', said('hi', { messages: [{ role: 'assistant', tool_calls: [] }] })],
    ['functions', said('hi', { functions: [] })],
    ['a search', said('hi', { web_search_options: {} })],
    ['plugins', said('hi', { plugins: [] })],
    ['servers', said('hi', { mcp_servers: [] })],
    ['a container', said('hi', { container: 'c' })],
    ['an earlier response', { model: 'm', input: 'hi', previous_response_id: 'resp_1' }],
    ['a conversation', { model: 'm', input: 'hi', conversation: 'conv_1' }],
    ['another case', said([{ type: 'Image_URL' }])],
    ['an escaped letter', '{"messages":[{"role":"user","content":[{"type":"\\u0069mage_url"}]}]}'],
    ['an escaped letter behind other escapes', '{"a":"\\n\\u20ac","content":[{"typ\\u0065":"x"}]}'],
    ['a name with a prefix', said('hi', { 'x-vendor.image': 1 })],
    ['a word at the end', '{"a":"file"}'],
    ['a value without the space that JSON allows', '{"type"  :  "video"}'],
  ])('%s', (_, body) => {
    for (let again = 0; again < 2; again++) expect(marked(body)).toBe(true)
  })
})

describe('a body of text alone', () => {
  test.each<[string, unknown]>([
    ['settings', said('hi', { max_tokens: 10, temperature: 0.5, stop: ['\n'], stream: true, user: 'a-1' })],
    ['a text that tells of pictures', said('Find a tool to search images in files, and a function for audio.')],
    ['a text of other alphabets', said('Größe, 長さ — Ωμέγα')],
    ['escapes that are no letters', '{"content":"caf\\u00e9 \\u20ac \\ud83d\\ude00 \\"\\\\ \\n"}'],
    ['nothing', '{}'],
    ['words that end with the body', '{"a":"b"'],
  ])('%s', (_, body) => {
    for (let again = 0; again < 2; again++) expect(marked(body)).toBe(false)
  })
})

test('what stands outside of the given bytes is not looked at', () => {
  const bytes = Buffer.from('{"file":1} {"a":"b"} {"tool":1} "\\u0061"')
  expect(hasMarkedWord(bytes, 11, 20)).toBe(false)
  expect(hasMarkedWord(bytes, 11, bytes.length)).toBe(true)
})

test('a member with a mark is found wherever it stands', () => {
  const word = fc.stringMatching(/^[a-z_]{0,12}$/)
  const text = fc.string({ unit: fc.constantFrom('a', ' ', '"', '\\', '\n', 'é', ':', ',') })
  fc.assert(
    fc.property(
      fc.jsonValue(),
      word,
      text,
      fc.constantFrom('image', 'audio', 'file', 'tool', 'search'),
      (value, name, prose, mark) => {
        expect(marked({ a: value, b: prose, [`${name}${mark}`]: 1 })).toBe(true)
        expect(marked([prose, { c: [prose, { type: `${name}${mark}_${name}` }] }, value])).toBe(true)
      },
    ),
  )
})
