import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitAt } from './code-block.tsx'
import { shell } from './snippet.ts'
import { snippetsFor } from './snippets.ts'

const target = { endpoint: 'http://127.0.0.1:8080', key: 'hg_secret', model: 'fast' }

test('every snippet names the endpoint, the key and the model', () => {
  for (const { id, text } of snippetsFor(target)) {
    for (const part of ['http://127.0.0.1:8080', 'hg_secret', 'fast']) expect(text, id).toContain(part)
  }
})

test('the body of the curl line is JSON whatever the model is called', () => {
  fc.assert(
    fc.property(fc.string(), (model) => {
      const curl = snippetsFor({ ...target, model }).find(({ id }) => id === 'curl')?.text ?? ''
      const body = unquoted(curl.slice(curl.indexOf('-d ') + 3))
      expect(JSON.parse(body).model).toBe(model)
    }),
  )
})

test('a shell word is one word and means the text it was made of', () => {
  fc.assert(fc.property(fc.string(), (text) => unquoted(shell(text)) === text))
})

test('a quote in a name does not break out of a string literal', () => {
  const literals = ['python', 'javascript', 'ai-sdk', 'langchain', 'codex']
  for (const { id, text } of snippetsFor({ ...target, model: '"+evil+"' })) {
    if (!literals.includes(id)) continue
    expect(text, id).toContain(String.raw`"\"+evil+\""`)
  }
})

test('what agents read from the environment means what it was made of, whatever that is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const model = text.replaceAll('\n', '')
      const snippets = new Map(snippetsFor({ ...target, model }).map((snippet) => [snippet.id, snippet.text]))
      const line = (id: string, start: string) =>
        unquoted(
          (snippets.get(id) ?? '')
            .split('\n')
            .find((one) => one.startsWith(start))
            ?.slice(start.length) ?? '',
        )
      expect(line('claude-code', 'export ANTHROPIC_MODEL=')).toBe(model)
      expect(line('gemini-cli', 'gemini -m ')).toBe(model)
      expect(line('qwen-code', 'export OPENAI_MODEL=')).toBe(model)
      expect(JSON.parse(snippets.get('opencode') ?? '').model).toBe(`headgate/${model}`)
    }),
  )
})

test('agents are given the base URL that each of them wants', () => {
  const texts = new Map(snippetsFor(target).map(({ id, text }) => [id, text]))
  expect(texts.get('claude-code')).toContain("ANTHROPIC_BASE_URL='http://127.0.0.1:8080'\n")
  expect(texts.get('gemini-cli')).toContain("GOOGLE_GEMINI_BASE_URL='http://127.0.0.1:8080'\n")
  expect(texts.get('qwen-code')).toContain("OPENAI_BASE_URL='http://127.0.0.1:8080/v1'\n")
  expect(texts.get('codex')).toContain('base_url = "http://127.0.0.1:8080/v1"')
  expect(JSON.parse(texts.get('opencode') ?? '').provider.headgate.options.baseURL).toBe('http://127.0.0.1:8080/v1')
})

test('the marked pieces of a text are the marks, and all pieces together are the text', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string({ maxLength: 3 })), (text, marks) => {
      const pieces = splitAt(text, marks)
      expect(pieces.map((piece) => piece.text).join('')).toBe(text)
      for (const piece of pieces) if (piece.marked) expect(marks).toContain(piece.text)
    }),
  )
  expect(splitAt('a key b', ['key']).map((piece) => piece.marked)).toEqual([false, true, false])
})

/** What a POSIX shell makes of words in single quotes with `\'` between them; throws on anything that is not quoted. */
function unquoted(word: string): string {
  let text = ''
  let rest = word
  while (rest !== '') {
    const piece = /^'([^']*)'/.exec(rest)
    if (piece === null && !rest.startsWith(`\\'`)) throw new Error(`outside of quotes: ${rest}`)
    text += piece === null ? `'` : piece[1]
    rest = rest.slice(piece === null ? 2 : piece[0].length)
  }
  return text
}
