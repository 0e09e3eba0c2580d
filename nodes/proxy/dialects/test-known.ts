// A table of the members that an official SDK knows for one kind of object, compared with its type by the compiler.
import type { JsonObject } from '../../../shared/chat/parts.ts'
import type { InboundDialect } from './dialect.ts'

export interface KnownMembers {
  readonly caller: InboundDialect
  readonly where: string
  readonly base: JsonObject
  readonly members: JsonObject
  /** Makes a request with the object in it. */
  readonly put: (value: JsonObject) => JsonObject
  /** Members that mean nothing to another provider: ids and states that the caller's own API gave. */
  readonly silent: readonly string[]
}

type Of<Type> = Type extends unknown ? keyof Type : never

/** `base`: members that are always there. */
export function known<Type>(caller: InboundDialect, where: string, put: KnownMembers['put']) {
  return <Base extends Partial<Record<Of<Type>, unknown>>>(
    base: Base,
    members: Record<Exclude<Of<Type>, keyof Base>, unknown>,
    silent: readonly Exclude<Of<Type>, keyof Base>[] = [],
  ): KnownMembers => ({
    caller,
    where,
    put,
    base: base as JsonObject,
    members: members as JsonObject,
    silent: silent as readonly string[],
  })
}
