// What is open in a stream of events, so that it can be ended early: the parts that have not ended, and the choices without a finish.
import type { ChatEvent } from '../../../shared/chat/events.ts'

const endOf = {
  'text-start': 'text-end',
  'refusal-start': 'refusal-end',
  'reasoning-start': 'reasoning-end',
  'tool-input-start': 'tool-input-end',
} as const

type PartEnd = Extract<ChatEvent, { type: (typeof endOf)[keyof typeof endOf] }>

export class OpenChoices {
  readonly #parts = new Map<string, PartEnd>()
  /** Whether each choice has a finish, by its number. */
  readonly #choices = new Map<number, boolean>()

  see(event: ChatEvent): void {
    switch (event.type) {
      case 'text-start':
      case 'refusal-start':
      case 'reasoning-start':
      case 'tool-input-start': {
        const { type, choice, part } = event
        this.#parts.set(`${choice} ${part}`, { type: endOf[type], choice, part })
        if (!this.#choices.has(choice)) this.#choices.set(choice, false)
        break
      }
      case 'text-end':
      case 'refusal-end':
      case 'reasoning-end':
      case 'tool-input-end':
        this.#parts.delete(`${event.choice} ${event.part}`)
        break
      case 'part':
        if (!this.#choices.has(event.choice)) this.#choices.set(event.choice, false)
        break
      case 'finish':
        this.#choices.set(event.choice, true)
        break
      default: // opens and ends nothing
    }
  }

  /** The events that end what is open, as an answer that has reached its length. */
  endings(): readonly ChatEvent[] {
    const unfinished = [...this.#choices].filter(([, isOver]) => !isOver)
    const finishes = unfinished.map(([choice]): ChatEvent => ({ type: 'finish', choice, finish: { reason: 'length' } }))
    return [...this.#parts.values(), ...finishes]
  }
}
