// Tool names for providers with narrower rules than the caller's: names that break the rules are replaced, and restored
// in the answer (wire 66).
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { PrintedRequest } from '../dialect.ts'

export interface NameRules {
  /** Characters that a name must not contain. */
  readonly forbidden: RegExp
  /** A prefix for names that begin with a forbidden character. */
  readonly start?: { readonly wrong: RegExp; readonly prefix: string } | undefined
}

const nameCharactersMax = 64

/** Replaces names, and knows the original of each replaced name (`read`). */
export class ToolNames {
  readonly #rules: NameRules
  readonly #written = new Map<string, string>()
  readonly read = new Map<string, string>()

  constructor(rules: NameRules) {
    this.#rules = rules
  }

  write(name: string): string {
    const known = this.#written.get(name)
    if (known !== undefined) return known
    const written = this.#free(name)
    this.#written.set(name, written)
    if (written !== name) this.read.set(written, name)
    return written
  }

  #free(name: string): string {
    const { forbidden, start } = this.#rules
    const plain = name.replace(forbidden, '_') || '_'
    const fitting = (start?.wrong.test(plain) === true ? start.prefix + plain : plain).slice(0, nameCharactersMax)
    const taken = new Set(this.#written.values())
    let written = fitting
    for (let n = 2; taken.has(written); n++) {
      const ending = `_${n}`
      written = fitting.slice(0, nameCharactersMax - ending.length) + ending
    }
    return written
  }
}

/** What the parser of the answer must know about the printed tools. */
export function printedTools(
  request: ChatRequest,
  names: ToolNames,
  jsonTool: string | undefined,
): Pick<PrintedRequest, 'jsonTool' | 'customTools' | 'toolNames'> {
  return {
    jsonTool: jsonTool === undefined ? undefined : names.write(jsonTool),
    customTools: customToolsOf(request),
    toolNames: names.read.size === 0 ? undefined : names.read,
  }
}

export function customToolsOf({ tools }: ChatRequest): ReadonlySet<string> | undefined {
  const names = tools.flatMap((tool) => (tool.type === 'custom' ? [tool.name] : []))
  return names.length === 0 ? undefined : new Set(names)
}
