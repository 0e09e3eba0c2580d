// The verb `start`, read without the program that knows all verbs: a node runs for months and needs it for a moment.
import { parseArgs } from 'node:util'

export const roles = ['all', 'proxy', 'aggregator', 'control'] as const

export interface StartVerb {
  readonly role: (typeof roles)[number]
  /** Enable provider keys and local servers that were found. */
  readonly auto: boolean
}

/** The options of `start`; undefined for another verb, and for a mistake, which the program then explains. */
export function readStart([verb, ...words]: readonly string[]): StartVerb | undefined {
  if (verb !== 'start') return undefined
  try {
    const { values } = parseArgs({ args: words, options: { role: { type: 'string' }, auto: { type: 'boolean' } } })
    const role = roles.find((name) => name === (values.role ?? 'all'))
    return role === undefined ? undefined : { role, auto: values.auto ?? false }
  } catch {
    return undefined
  }
}
