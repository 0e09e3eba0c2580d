// The switch that stops a key, a user, an application, a team or a session at once: requests of theirs are rejected, and what is
// open is cut.
import { type BlockField, type BlockSpec, blockFields } from '../../../shared/config/kinds/blocks/spec.ts'
import type { Resource } from '../../../shared/config/state.ts'
import type { Caller } from './callers.ts'
import { type NamedHeaders, sessionIn } from './session-name.ts'

/** Whose request it is, in every name that a block may go by. */
export interface BlockedBy {
  readonly caller: Caller
  readonly user: string
  /** The head of the request, where the caller may name a session. */
  readonly head: NamedHeaders
}

export interface Block {
  readonly name: string
  /** '' where none was given. */
  readonly reason: string
}

interface CompiledBlock extends Block {
  readonly match: BlockSpec['match']
  /** Infinity for a block that does not end by itself. */
  readonly untilMs: number
}

export class Blocks {
  /** Blocks by the first field of their match and its value. */
  readonly #byValue = new Map<string, CompiledBlock[]>()

  constructor(blocks: ReadonlyMap<string, Resource<BlockSpec>> = new Map()) {
    for (const [name, { spec }] of blocks) this.#add(name, spec)
  }

  /** The block that stops a request; undefined where none does. */
  of(request: BlockedBy, wallMs: number): Block | undefined {
    if (this.#byValue.size === 0) return undefined
    for (const field of blockFields) {
      const value = fieldOf(field, request)
      if (value === '') continue
      const found = this.#byValue.get(`${field} ${value}`)?.find((block) => stops(block, request, wallMs))
      if (found !== undefined) return found
    }
    return undefined
  }

  #add(name: string, { match, reason = '', until }: BlockSpec): void {
    const field = blockFields.find((one) => match[one] !== undefined)
    if (field === undefined) return
    const key = `${field} ${match[field]}`
    const untilMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until)
    const others = this.#byValue.get(key) ?? []
    this.#byValue.set(key, [...others, { name, reason, match, untilMs }])
  }
}

function stops({ match, untilMs }: CompiledBlock, request: BlockedBy, wallMs: number): boolean {
  if (wallMs >= untilMs) return false
  return blockFields.every((field) => match[field] === undefined || match[field] === fieldOf(field, request))
}

function fieldOf(field: BlockField, { caller, user, head }: BlockedBy): string {
  switch (field) {
    case 'session':
      return sessionIn(head)
    case 'key':
      return caller.keyId
    case 'user':
      return user
    default:
      return caller[field]
  }
}
