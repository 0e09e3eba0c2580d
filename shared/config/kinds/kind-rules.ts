// What the writing side knows of a kind beyond its schema. A kind says these in its `rules.ts`.
import type { PathSegment, Problem } from '../problem.ts'
import type { SealedSecret } from '../sealed-secret.ts'
import type { ConfigState, Resources } from '../state.ts'
import type { Names, Reference } from './reference.ts'

export interface KindRules<Spec> {
  /** The places of the secrets in a spec. A missing one does not compile. */
  secrets: SecretFields<Spec>
  /** Fields of a document that may be written as `file:/path` and are no secrets, which all may. `*` stands for any one name
   *  or index. */
  fileFields?: readonly FieldPattern[]
  /** Paths are relative to the spec. */
  references(spec: Spec): Reference[]
  /** A quick look before `references`, for kinds with many resources: false when no reference can lead to what was
   *  deleted. Absent: the references themselves are looked at. */
  mayMention?(spec: Spec, deleted: Names): boolean
  /** What can still be read of a spec that failed its schema: references keep their places, and one that is no text is ''.
   *  It is good for checks of meaning only and is never stored. */
  salvage(fields: Record<string, unknown>): Spec
  /** Problems of one resource by itself, beside its references. */
  check?(name: string, spec: Spec, options: CheckOptions): Problem[]
  /** Problems of all resources of the kind together. */
  checkAll?(resources: Resources): Problem[]
  /** Problems of setting a resource, of rules that may cease to hold later and so are no property of a state. */
  checkSet?(name: string, states: { before: ConfigState; next: ConfigState }): Problem[]
}

export interface CheckOptions {
  /** Refuse private addresses and plain http unless the resource says `allowPrivate`. */
  egressStrict: boolean
}

export type FieldPattern = readonly string[]

export function matchesField(pattern: FieldPattern, path: readonly PathSegment[]): boolean {
  return pattern.length === path.length && pattern.every((part, index) => part === '*' || part === path[index])
}

/** The secrets of a spec, as a tree of its fields: `true` is a secret, `[…]` a list whose items have names. */
export type SecretFields<Spec> = Spec extends SealedSecret
  ? true
  : Spec extends readonly (infer Item extends { name: string })[]
    ? readonly [SecretFields<Item>]
    : Spec extends object
      ? { readonly [Key in keyof Spec as HoldsSecret<Spec[Key]> extends true ? Key : never]-?: SecretFields<Spec[Key]> }
      : never

type HoldsSecret<Value> = true extends EachHoldsSecret<Value> ? true : false

type EachHoldsSecret<Value> = Value extends SealedSecret
  ? true
  : Value extends readonly (infer Item)[]
    ? EachHoldsSecret<Item>
    : Value extends object
      ? { [Key in keyof Value]-?: EachHoldsSecret<Value[Key]> }[keyof Value]
      : false
