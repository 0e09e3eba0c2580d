// Filters between an upstream's events and the caller's printer.
import type { ChatAnswer } from '../../../shared/chat/answer.ts'
import { assemble } from '../../../shared/chat/assemble.ts'
import type { ChatEvent, Emit } from '../../../shared/chat/events.ts'
import { explode } from '../../../shared/chat/explode.ts'

/** Takes the emitter behind it and gives the one in front of it: it may drop, change, hold back and add events. */
export type AnswerFilter = (emit: Emit) => Emit

/** The first filter sees an event first. */
export function filtered(filters: readonly AnswerFilter[], emit: Emit): Emit {
  return filters.reduceRight((next, filter) => filter(next), emit)
}

/** A whole answer as its filters leave it; undefined when what is left is no answer. */
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
