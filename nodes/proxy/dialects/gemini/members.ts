// Google's JSON has two spellings of each name: `systemInstruction` and `system_instruction` are the same member.
import type { Json, JsonObject } from '../../../../shared/chat/parts.ts'
import { absent } from '../common/body-reader.ts'

export function member(value: JsonObject, name: string): Json {
  const own = value[name]
  return absent(own) ? (value[snake(name)] ?? own) : own
}

/** The members other than `names`, in either spelling. */
export function otherMembers(value: JsonObject, names: readonly string[]): Record<string, Json> {
  const known = new Set(names.flatMap((name) => [name, snake(name)]))
  return Object.fromEntries(Object.entries(value).filter(([name, one]) => !known.has(name) && !absent(one)))
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
