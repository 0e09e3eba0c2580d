// headgate.yaml, or the same as JSON, as data: variables and secret files filled in, every problem with its line and
// column. Read with the core schema only: a tag runs no code, aliases are counted, a key that stands twice is a mistake.
import { type Alias, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type YAMLError } from 'yaml'
import { bounds } from '../bounds.ts'
import { fileProblem } from '../text-file.ts'
import { type ConfigDocument, documentOf } from './config-document.ts'
import { enforcedKinds } from './kinds/kind.ts'
import { matchesField } from './kinds/kind-rules.ts'
import { kindRules } from './kinds/rules.ts'
import { formatPath, invalid, type PathSegment, type Problem, quote } from './problem.ts'
import { readYaml } from './read-yaml.ts'
import { isMask } from './sealed-secret.ts'
import { isSecretField } from './secret-fields.ts'
import { typeVariables } from './variables/typed-variables.ts'
import { expandVariables } from './variables/variables.ts'

export interface DocumentSource {
  format: 'yaml' | 'json'
  /** The values of `${VAR}` and `${VAR:-default}`. A document that came over the network gets none of this machine's. */
  env?: Readonly<Record<string, string | undefined>>
  /** Reads secrets written as `file:/path`, and throws when it cannot. Without it they are refused. */
  readFile?: (path: string) => string
}

/** Reads a document and never throws; mistakes stand in `problems`. An empty document is one: `{}` means "nothing", while
 *  an empty file is more often a write that was cut off. */
export function parseDocument(text: string, source: DocumentSource): ConfigDocument {
  if (Buffer.byteLength(text) > bounds.adminBodyBytesMax) {
    return refused(invalid([], `a document has at most ${bounds.adminBodyBytesMax} bytes`))
  }
  const plainText = text.replace(/^\ufeff/, '')
  if (source.format === 'json') {
    const problem = jsonProblem(plainText)
    if (problem !== undefined) return refused(problem)
  }
  const lines = new LineCounter()
  const parsed = readYaml(plainText, lines)
  if (typeof parsed === 'string') return refused(invalid([], parsed))
  if (parsed.errors.length > 0) return refused(...syntaxProblems(parsed.errors, lines))
  if (parsed.contents === null || (isScalar(parsed.contents) && parsed.contents.value === null)) {
    return refused(invalid([], 'the document is empty; write {} to mean that there is nothing'))
  }
  const walk = new Walk(lines, source)
  const document = documentOf(walk.value(parsed.contents, []))
  typeVariables(document.resources, walk.variables)
  const locate = (problem: Problem) => walk.locate(problem)
  const problems = [...walk.problems, ...document.problems.map(locate)]
  return { ...document, problems, warnings: walk.warnings, unfilled: walk.unfilled, locate }
}

/** The first problem at each place: one mistake makes the parser report several times. */
function syntaxProblems(errors: readonly YAMLError[], lines: LineCounter): Problem[] {
  const first = new Map<number, YAMLError>()
  for (const error of errors) if (!first.has(error.pos[0])) first.set(error.pos[0], error)
  return [...first].slice(0, 20).map(([offset, { code, message }]) => {
    // The parser may quote the text, which may hold a secret.
    const said = code in ownWords ? ownWords[code as keyof typeof ownWords] : message.slice(0, 100)
    return located(lines, offset, invalid([], said))
  })
}

const ownWords = {
  MULTIPLE_DOCS: 'only one document can be read at a time',
  TAB_AS_INDENT: 'there is a tab: YAML is indented by spaces alone',
} as const

const wholeVariable = /^\$\{[^}]*\}$/
const nodesMax = 200_000
const aliasedNodesMax = 50_000
const depthMax = 24

/** Turns nodes into data and remembers where each path stands. */
class Walk {
  readonly problems: Problem[] = []
  readonly warnings: ConfigDocument['warnings'] = []
  /** The problems that lie in what this machine has at the moment, not in the document. */
  readonly unfilled: Problem[] = []
  /** The paths of the values that are a variable as a whole. */
  readonly variables: PathSegment[][] = []
  readonly #lines: LineCounter
  readonly #source: DocumentSource
  /** Path → offset in the text; of a field that is the offset of its key. */
  readonly #offsets = new Map<string, number>()
  /** The anchors met so far: an alias names one before it. A node that contains its own alias ends at the depth bound. */
  readonly #anchors = new Map<string, unknown>()
  #nodes = 0
  #aliasedNodes = 0
  #isAliased = false

  constructor(lines: LineCounter, source: DocumentSource) {
    this.#lines = lines
    this.#source = source
  }

  value(node: unknown, path: PathSegment[]): unknown {
    if (node === null || node === undefined) return null
    if (!this.#mayGoOn(node, path)) return null
    if (isAlias(node)) return this.#aliased(node, path)
    const { tag, range, anchor } = node as Node & { tag?: string; anchor?: string }
    this.#note(path, range?.[0])
    if (anchor !== undefined) this.#anchors.set(anchor, node)
    if (tag !== undefined && !/^tag:yaml\.org,2002:(str|int|float|bool|null|map|seq)$/.test(tag)) {
      this.#problem(node, path, 'tags are not accepted here')
      return null
    }
    if (isMap(node)) return this.#map(node.items, path)
    if (isSeq(node)) return node.items.map((item, index) => this.value(item, [...path, index]))
    if (!isScalar(node)) return null
    return typeof node.value === 'string' ? this.#text(node, node.value, path) : node.value
  }

  locate(problem: Problem): Problem {
    // What is missing has no place of its own: the nearest thing around it has.
    for (let path = problem.path; ; path = parentPath(path)) {
      const offset = this.#offsets.get(path)
      if (offset !== undefined) return located(this.#lines, offset, problem)
      if (path === '' || path === parentPath(path)) return problem
    }
  }

  #map(items: readonly { key: unknown; value: unknown }[], path: PathSegment[]): Record<string, unknown> {
    const fields = new Map<string, unknown>()
    for (const { key, value } of items) {
      const name = isScalar(key) ? String(key.value) : undefined
      if (name === undefined) {
        this.#problem(key, path, 'a key is plain text')
        continue
      }
      const inner = [...path, name]
      if (fields.has(name)) this.#problem(key, inner, 'this key stands here twice')
      fields.set(name, this.value(value, inner))
      this.#note(inner, (key as Node).range?.[0])
    }
    return Object.fromEntries(fields) // defines own fields, `__proto__` among them
  }

  #aliased(alias: Alias, path: PathSegment[]): unknown {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) {
      this.#problem(alias, path, `there is no anchor ${quote(alias.source)}`)
      return null
    }
    const outer = this.#isAliased
    this.#isAliased = true
    const value = this.value(target, path)
    this.#isAliased = outer
    this.#note(path, alias.range?.[0])
    return value
  }

  #text(node: unknown, text: string, path: PathSegment[]): string {
    const expanded = expandVariables(text, this.#source.env)
    if (wholeVariable.test(text)) this.variables.push(path)
    for (const message of expanded.problems) this.#problem(node, path, message)
    for (const name of expanded.unset) this.#unfilled(node, path, `the variable ${name} is not set`)
    for (const name of isSecret(path) && expanded.text === '' ? expanded.empty : []) {
      this.#unfilled(node, path, `the variable ${name} is set, but empty`)
    }
    if (!isFileField(path)) return expanded.text
    if (expanded.text.startsWith('file:')) return this.#fileText(node, expanded.text, path)
    if (this.#source.env !== undefined && expanded.text === text && !isMask(text)) this.#warnOfPlainText(node, path)
    return expanded.text
  }

  /** Warns of a plain-text secret in a file of this machine; one that comes over the network is sealed on arrival. */
  #warnOfPlainText(node: unknown, path: PathSegment[]): void {
    if (!isSecret(path)) return
    const message = `this secret stands here in plain text: write \${VARIABLE} or file:/path`
    const { kind: _, ...warning } = located(this.#lines, (node as Node).range?.[0] ?? 0, invalid(path, message))
    this.warnings.push(warning)
  }

  #fileText(node: unknown, text: string, path: PathSegment[]): string {
    if (this.#source.readFile === undefined) {
      this.#problem(node, path, 'files are read only for a document of this machine')
      return text
    }
    try {
      return this.#source.readFile(text.slice('file:'.length)).trim()
    } catch (error) {
      this.#unfilled(node, path, `cannot read ${quote(text)}: ${fileProblem(error)}`)
      return text
    }
  }

  /** False beyond the bounds; the first step beyond is a problem. */
  #mayGoOn(node: unknown, path: PathSegment[]): boolean {
    this.#nodes++
    if (this.#isAliased) this.#aliasedNodes++
    if (path.length > depthMax) {
      this.#problem(node, path, 'this is nested too deeply')
      return false
    }
    if (this.#nodes <= nodesMax && this.#aliasedNodes <= aliasedNodesMax) return true
    if (this.#nodes === nodesMax + 1 || this.#aliasedNodes === aliasedNodesMax + 1) {
      this.#problem(node, path, 'the document is too large, with what its aliases repeat')
    }
    return false
  }

  #problem(node: unknown, path: PathSegment[], message: string): void {
    const offset = (node as Node | null)?.range?.[0] ?? 0
    if (this.problems.length < 1_000) this.problems.push(located(this.#lines, offset, invalid(path, message)))
  }

  #unfilled(node: unknown, path: PathSegment[], message: string): void {
    this.#problem(node, path, message)
    const problem = this.problems.at(-1)
    if (problem !== undefined) this.unfilled.push(problem)
  }

  #note(path: PathSegment[], offset: number | undefined): void {
    if (offset !== undefined) this.#offsets.set(formatPath(path), offset)
  }
}

function refused(...problems: Problem[]): ConfigDocument {
  return { resources: [], problems, warnings: [], unfilled: [], locate: (problem) => problem }
}

function located(lines: LineCounter, offset: number, problem: Problem): Problem {
  if (problem.line !== undefined) return problem
  const { line, col } = lines.linePos(offset)
  return { ...problem, line, column: col }
}

/** YAML reads more than JSON: `{a: 1,}` is refused here. The message of the engine may quote the text, so it is dropped. */
function jsonProblem(text: string): Problem | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1]
    if (at === undefined) return invalid([], 'this is not JSON')
    const before = text.slice(0, Number(at)).split('\n')
    return { ...invalid([], 'this is not JSON'), line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
  }
}

function isFileField([first, , ...field]: readonly PathSegment[]): boolean {
  const kind = enforcedKinds.find((known) => known === first)
  if (kind === undefined) return false
  return (
    isSecretField(kind, field) || (kindRules[kind].fileFields ?? []).some((pattern) => matchesField(pattern, field))
  )
}

/** A certificate may stand in a file like its key, and is no secret. */
function isSecret([first, , ...field]: readonly PathSegment[]): boolean {
  const kind = enforcedKinds.find((known) => known === first)
  return kind !== undefined && isSecretField(kind, field)
}

function parentPath(path: string): string {
  return path.replace(/(?:^|\.)[^.[\]]*$|\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/, '')
}
