// Reverts how tools were emulated for a target that supports only functions: the input of the JSON tool becomes text
// again, and the free text of a custom tool is taken out of its object.
import { tryParseExact } from '../json/exact.ts'
import { type ChatAnswer, type Finish, settledReason } from './answer.ts'
import { assemble } from './assemble.ts'
import type { ChatEvent, Emit, FinishEvent, PartDelta, PartEnd, ToolInputStart } from './events.ts'
import { explode } from './explode.ts'

export interface ToolForms {
  /** The tool whose input is the text of the answer. */
  readonly jsonTool?: string | undefined
  /** Tools whose input is `{"input": text}`. */
  readonly customTools?: ReadonlySet<string> | undefined
}

export function isRewritten({ jsonTool, customTools }: ToolForms): boolean {
  return jsonTool !== undefined || customTools !== undefined
}

export function restoreAnswer(answer: ChatAnswer, forms: ToolForms): ChatAnswer {
  const events: ChatEvent[] = []
  const restore = restoring(forms, (event) => events.push(event))
  explode(answer, restore)
  const restored = assemble(events)
  return restored.ok ? restored.value : answer
}

/** Takes events, and passes them to `emit` in the form that the caller expects. */
export function restoring(forms: ToolForms, emit: Emit): Emit {
  const restorer = new Restorer(forms, emit)
  return (event) => restorer.take(event)
}

/** How a tool call is restored: 'text' turns its input into text, 'custom' holds the input until its end. Other parts
 *  are passed on unchanged. */
type Fate = { type: 'text' } | { type: 'custom'; input: string }

class Restorer {
  readonly #forms: ToolForms
  readonly #emit: Emit
  readonly #fates = new Map<string, Fate>()
  /** Choices in which a tool of the caller was called. */
  readonly #called = new Set<number>()
  readonly #answered = new Set<number>()

  constructor(forms: ToolForms, emit: Emit) {
    this.#forms = forms
    this.#emit = emit
  }

  take(event: ChatEvent): void {
    switch (event.type) {
      case 'tool-input-start':
        this.#begin(event)
        break
      case 'tool-input-delta':
        this.#extend(event)
        break
      case 'tool-input-end':
        this.#close(event)
        break
      case 'finish':
        this.#emit({ ...event, finish: this.#finish(event) })
        break
      default:
        this.#emit(event)
    }
  }

  #begin(event: ToolInputStart): void {
    const { choice, part, name } = event
    if (name === this.#forms.jsonTool) {
      this.#answered.add(choice)
      this.#fates.set(key(event), { type: 'text' })
      this.#emit({ type: 'text-start', choice, part })
      return
    }
    this.#called.add(choice)
    if (this.#forms.customTools?.has(name) !== true) {
      this.#emit(event)
      return
    }
    this.#fates.set(key(event), { type: 'custom', input: '' })
    this.#emit({ ...event, form: 'custom' })
  }

  #extend(event: PartDelta): void {
    const fate = this.#fates.get(key(event))
    if (fate === undefined) this.#emit(event)
    else if (fate.type === 'custom') fate.input += event.text
    else this.#emit({ ...event, type: 'text-delta' })
  }

  #close(event: PartEnd): void {
    const fate = this.#fates.get(key(event))
    const { choice, part } = event
    if (fate?.type === 'custom') {
      const text = freeText(fate.input)
      if (text !== '') this.#emit({ type: 'tool-input-delta', choice, part, text })
    }
    this.#emit(fate?.type === 'text' ? { type: 'text-end', choice, part } : event)
  }

  #finish({ choice, finish }: FinishEvent): Finish {
    if (!this.#answered.has(choice) || finish.reason !== 'tool-calls') return finish
    const reason = settledReason('stop', this.#called.has(choice))
    return reason === 'stop' ? { reason, raw: undefined } : finish
  }
}

function key({ choice, part }: { readonly choice: number; readonly part: number }): string {
  return `${choice}/${part}`
}

/** Input that is not such an object is passed on unchanged: it may be truncated. */
function freeText(input: string): string {
  const value = tryParseExact(input)
  const inner = typeof value === 'object' && value !== null ? (value as { input?: unknown }).input : undefined
  return typeof inner === 'string' ? inner : input
}
