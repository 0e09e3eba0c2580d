// Names of tools where a provider's rules for them are narrower than the caller's: names that break them are written
// otherwise and read back (wire 66).
import type { ChatRequest } from '../../../../shared/chat/request.ts'
import type { PrintedRequest } from '../dialect.ts'

export interface NameRules {
  /** What no name may hold. */
  readonly forbidden: RegExp
  /** What has to stand in front of a name that begins wrongly. */
  readonly start?: { readonly wrong: RegExp; readonly prefix: string } | undefined
}

const nameCharactersMax = 64

/** Names as they are written there, and back. */
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

/** What the reader of an answer must know of the tools that were printed. */
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
