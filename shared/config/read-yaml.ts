// Reads YAML into its nodes within bounds. The parser takes some microseconds for each token and more for each error, and the
// only thread of the control plane waits for it. So tokens, levels and errors are counted while they are read.
import { Composer, type Document, Lexer, type LineCounter, type ParsedNode, Parser, YAMLParseError } from 'yaml'

/** Tokens, with blanks and line ends. A document with so many has more than a megabyte. */
const tokensMax = 400_000
/** More errors, or directives, tell nobody more. */
const errorsMax = 20
/** Levels of nesting that the recursive parts of the parser are given. */
const levelsMax = 64

export type YamlDocument = Document.Parsed<ParsedNode>
type Token = Parameters<Composer['next']>[0]

/** The one document of a text, which may have `errors`; or a sentence that says why the text is not read. */
export function readYaml(text: string, lines: LineCounter): YamlDocument | string {
  const reader = new Reader(lines)
  try {
    const refusal = reader.read(text)
    return refusal ?? reader.end(text.length)
  } catch (error) {
    if (error instanceof RangeError) return nestedTooDeeply
    throw error
  }
}

const nestedTooDeeply = 'this is nested too deeply'

class Reader {
  readonly #parser: Parser
  // Its own search for duplicate keys compares all pairs.
  readonly #composer = new Composer<ParsedNode>({ schema: 'core', uniqueKeys: false })
  readonly #documents: YamlDocument[] = []
  #errors = 0

  constructor(lines: LineCounter) {
    this.#parser = new Parser(lines.addNewLine)
    lines.addNewLine(0)
  }

  read(text: string): string | undefined {
    let tokens = 0
    for (const lexeme of new Lexer().lex(text)) {
      if (++tokens > tokensMax) return `the document is too large: it has more than ${tokensMax} tokens`
      for (const token of this.#parser.next(lexeme)) this.#compose(token)
      if (this.#parser.stack.length > levelsMax) return nestedTooDeeply
      // The composer gives a document out when the next one has come.
      if (this.#errors >= errorsMax || this.#documents.length > 0) break
    }
    return undefined
  }

  end(length: number): YamlDocument {
    for (const token of this.#parser.end()) this.#compose(token)
    for (const document of this.#composer.end(true, length)) this.#documents.push(document as YamlDocument)
    const [document, second] = this.#documents as [YamlDocument, YamlDocument | undefined]
    if (second !== undefined) {
      const [start, end] = second.range
      document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'there is more than one document'))
    }
    return document
  }

  #compose(token: Token): void {
    if (token.type === 'error' || token.type === 'directive') this.#errors++
    for (const document of this.#composer.next(token)) this.#documents.push(document as YamlDocument)
  }
}
