// The question that each kind answers in its `undoing.ts`.
import type { Resources } from '../state.ts'

interface Undoing<Spec> {
  readonly name: string
  /** The resource before the change; undefined where there was none. */
  readonly before: Spec | undefined
  readonly after: Spec
  /** All resources before the change. */
  readonly resources: Resources
}

export type MayUndo<Spec> = (change: Undoing<Spec>) => boolean
