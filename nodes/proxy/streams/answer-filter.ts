// Filters between the events of an upstream and the printer of the caller's dialect.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { assemble } from '../../../shared/chat/assemble.ts'
import type { ChatEvent, Emit } from '../../../shared/chat/events.ts'
import { explode } from '../../../shared/chat/explode.ts'

/** Takes the emitter behind the filter and returns the one in front of it. A filter may drop, change, delay and add events. */
export type AnswerFilter = (emit: Emit) => Emit

/** Chains filters. The first filter gets an event first. */
export function filtered(filters: readonly AnswerFilter[], emit: Emit): Emit {
  return filters.reduceRight((next, filter) => filter(next), emit)
}

/** Runs a whole answer through filters. Returns undefined when what they leave is no answer. */
export function filterAnswer(filters: readonly AnswerFilter[], answer: ChatAnswer): ChatAnswer | undefined {
  if (filters.length === 0) return answer
  const events: ChatEvent[] = []
  explode(
    answer,
    filtered(filters, (event) => void events.push(event)),
  )
  const left = assemble(events)
  return left.ok ? left.value : undefined
}
