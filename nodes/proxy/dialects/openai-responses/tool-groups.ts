// Groups of tools (`type: namespace`), flattened for targets that know functions only. A tool of a group gets a name of its own, two
// tools never the same one, and the answer's calls get their group back.
import type { GroupedName } from '../../../../shared/chat/tools.ts'

/** What the strictest API takes in a name. */
const nameCharactersMax = 64
const forbidden = /[^A-Za-z0-9_-]/g
/** The group of what would be plain functions without groups: no name needs it. */
const plainGroup = 'functions'

export class ToolGroups {
  readonly #taken = new Set<string>()
  readonly #written = new Map<string, string>()
  readonly #names = new Map<string, string[]>()
  /** The tools of groups, under the names that targets are given. */
  readonly grouped = new Map<string, GroupedName>()

  /** Called with the names of tools outside of groups before `write`: they stay as they are. */
  reserve(name: string): void {
    this.#taken.add(name)
  }

  write(grouped: GroupedName): string {
    const key = JSON.stringify([grouped.group, grouped.name])
    const known = this.#written.get(key)
    if (known !== undefined) return known
    const name = this.#free(nameOf(grouped), key)
    this.#taken.add(name)
    this.#written.set(key, name)
    this.grouped.set(name, grouped)
    const names = this.#names.get(grouped.group)
    if (names === undefined) this.#names.set(grouped.group, [name])
    else names.push(name)
    return name
  }

  /** The names that targets are given for the tools of a group. */
  namesIn(group: string): readonly string[] {
    return this.#names.get(group) ?? []
  }

  /** The same for the same conversation, so that prompt caches stay warm. */
  #free(name: string, key: string): string {
    if (name.length <= nameCharactersMax && !this.#taken.has(name)) return name
    for (let n = 0; ; n++) {
      const ending = `_${hash(`${key}${n}`)}`
      const free = name.slice(0, nameCharactersMax - ending.length) + ending
      if (!this.#taken.has(free)) return free
    }
  }
}

function nameOf({ group, name }: GroupedName): string {
  const whole = group === plainGroup ? name : `${group}${group.endsWith('__') ? '' : '__'}${name}`
  return whole.replace(forbidden, '_')
}

/** FNV-1a, 32 bits. */
function hash(text: string): string {
  let sum = 0x811c9dc5
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193)
  return (sum >>> 0).toString(16).padStart(8, '0')
}
