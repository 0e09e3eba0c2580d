// One variable at a time: its text, or that of its file, in the form that the setting has. What does not have it is a problem
// with the name of the variable.
import { parseKey32, parseKeys32 } from './key32.ts'
import { secretWeakness } from './secret-strength.ts'
import { fileProblem } from './text-file.ts'
import { isServiceAddress, type SettingName } from './variable-names.ts'

export interface SettingProblem {
  name: string
  message: string
}

export interface ItemForm {
  readonly what: string
  readonly expected: string
  isOne(text: string): boolean
}

type Environment = Readonly<Record<string, string | undefined>>

export class SettingsReader {
  readonly problems: SettingProblem[] = []
  readonly #environment: Environment
  readonly #readFile: (path: string) => string

  constructor(environment: Environment, readFile: (path: string) => string) {
    this.#environment = environment
    this.#readFile = readFile
  }

  problem(name: string, message: string): void {
    this.problems.push({ name, message })
  }

  text(name: SettingName): string | undefined {
    const direct = this.#environment[name]
    if (direct !== undefined && direct !== '') return direct
    const file = this.#environment[`${name}_FILE`]
    if (file === undefined || file === '') return undefined
    try {
      return this.#readFile(file).trim()
    } catch (error) {
      this.problem(`${name}_FILE`, `cannot read ${file}: ${fileProblem(error)}`)
      return undefined
    }
  }

  /** The name of a file; `NAME_FILE` says the same. */
  fileName(name: SettingName): string | undefined {
    return this.#environment[name] || this.#environment[`${name}_FILE`] || undefined
  }

  /** A file to be read later. */
  path(name: SettingName): string | undefined {
    const direct = this.#environment[name]
    const path = this.fileName(name)
    if (path === undefined) return undefined
    try {
      this.#readFile(path)
    } catch {
      // Whoever puts a credential itself here must not find it in a log.
      this.problem(direct ? name : `${name}_FILE`, 'names a file that cannot be read')
    }
    return path
  }

  parsed<Value>(name: SettingName, parse: (text: string) => Value | undefined, expected: string): Value | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined) this.problem(name, `expected ${expected}`)
    return value
  }

  count(name: SettingName): number | undefined {
    return this.parsed(
      name,
      (text) => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined),
      'a whole number from 1',
    )
  }

  port(name: SettingName): number | undefined {
    if (isServiceAddress(this.#environment[name])) {
      const advice = 'set enableServiceLinks: false in the pod, or give the Service another name'
      this.problem(name, `holds an address that Kubernetes sets for a Service of this name: ${advice}`)
      return undefined
    }
    return this.parsed(
      name,
      (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
      'a port number from 0 to 65535',
    )
  }

  oneOf<Word extends string>(name: SettingName, words: readonly Word[]): Word | undefined {
    return this.parsed(name, (text) => words.find((word) => word === text), words.join(' or '))
  }

  list(name: SettingName): string[] {
    return (this.text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** A list of items of one form. */
  listOf(name: SettingName, { what, expected, isOne }: ItemForm): string[] {
    const items = this.list(name)
    const wrong = items.find((item) => !isOne(item))
    if (wrong !== undefined) this.problem(name, `${shortened(wrong)} is no ${what}: expected ${expected}`)
    return items
  }

  /** A name that stands in metrics, records and messages. */
  label(name: SettingName): string | undefined {
    return this.parsed(
      name,
      (text) => (/^[!-~]{1,128}$/.test(text) ? text : undefined),
      '1 to 128 characters of ASCII without blanks',
    )
  }

  /** `without` says what unsetting it means. */
  token(name: SettingName, without: string): string | undefined {
    // Set but blank is a mistake, not an absence: an empty secret that counts as one lets anybody in.
    if (this.#environment[name] !== undefined && this.#environment[name]?.trim() === '') {
      this.problem(name, `is blank; unset it to ${without}, or give at least 16 characters`)
      return undefined
    }
    const token = this.text(name)
    const weakness = token === undefined ? undefined : secretWeakness(token)
    if (weakness !== undefined) this.problem(name, weakness)
    return token
  }

  key32(name: SettingName): Uint8Array | undefined {
    return this.parsed(name, parseKey32, '32 bytes in base64')
  }

  keys32(name: SettingName): Uint8Array[] {
    return this.parsed(name, parseKeys32, 'keys of 32 bytes in base64, separated by commas') ?? []
  }
}

function shortened(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
