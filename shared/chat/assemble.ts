// Folds the events of a stream into a complete answer.
import assert from 'node:assert/strict'
import { done, fail, type Result } from '../result.ts'
import type { AnswerExtras, ChatAnswer, Choice, ChoiceExtras, Finish, TokenLogprob } from './answer.ts'
import type { ChatError } from './error.ts'
import type { ChatEvent, StartEvent } from './events.ts'
import type { AssistantPart, Citation, JsonObject, MediaPart, OpaquePart, Sealed, ToolForm } from './parts.ts'
import type { Usage } from './usage.ts'

/** The reason why there is no answer. */
export type Unfinished = { readonly type: 'error'; readonly error: ChatError } | { readonly type: 'cut' }

export function assemble(events: Iterable<ChatEvent>): Result<ChatAnswer, Unfinished> {
  const assembly = new Assembly()
  for (const event of events) assembly.add(event)
  return assembly.answer()
}

export class Assembly {
  #start: StartEvent | undefined
  readonly #choices: OpenChoice[] = []
  #usage: Usage | undefined
  #extras: AnswerExtras | undefined
  #over: Result<undefined, Unfinished> | undefined

  add(event: ChatEvent): void {
    switch (event.type) {
      case 'start':
        this.#start ??= event
        break
      case 'usage':
        this.#usage = event.usage
        break
      case 'answer-extras':
        this.#extras = withMembers(this.#extras, event.of, event.members)
        break
      case 'ping':
        break
      case 'end':
        this.#over ??= done(undefined)
        break
      case 'error':
        this.#over ??= fail({ type: 'error', error: event.error })
        break
      case 'upstream-cut':
        this.#over ??= fail({ type: 'cut' })
        break
      default:
        this.#choice(event.choice).add(event)
    }
  }

  answer(): Result<ChatAnswer, Unfinished> {
    const over = this.#over ?? fail<Unfinished>({ type: 'cut' })
    if (!over.ok) return over
    const { id = '', model = '', created, serviceTier, fingerprint } = this.#start ?? {}
    const choices = this.#choices.map((choice) => choice.whole())
    return done({ id, model, created, serviceTier, fingerprint, choices, usage: this.#usage, extras: this.#extras })
  }

  #choice(index: number): OpenChoice {
    const known = this.#choices[index]
    if (known !== undefined) return known
    let choice: OpenChoice
    do {
      choice = new OpenChoice()
      this.#choices.push(choice)
    } while (this.#choices.length <= index)
    return choice
  }
}

function withMembers<Place extends string>(
  extras: { readonly [Name in Place]?: JsonObject | undefined } | undefined,
  place: Place,
  members: JsonObject,
) {
  return { ...extras, [place]: { ...extras?.[place], ...members } }
}

type ChoiceEvent = Extract<ChatEvent, { choice: number }>

class OpenChoice {
  readonly #parts: OpenPart[] = []
  #logprobs: TokenLogprob[] | undefined
  #finish: Finish = { reason: 'stop' }
  #extras: ChoiceExtras | undefined

  add(event: ChoiceEvent): void {
    switch (event.type) {
      case 'choice-extras':
        this.#extras = withMembers(this.#extras, event.of, event.members)
        break
      case 'finish':
        this.#finish = event.finish
        break
      case 'logprobs':
        this.#logprobs = [...(this.#logprobs ?? []), ...event.tokens]
        break
      default:
        this.#addToPart(event)
    }
  }

  whole(): Choice {
    return { parts: this.#parts.map(wholePart), finish: this.#finish, logprobs: this.#logprobs, extras: this.#extras }
  }

  #addToPart(event: Extract<ChoiceEvent, { part: number }>): void {
    switch (event.type) {
      case 'text-start':
        this.#parts[event.part] = { type: 'text', text: '' }
        break
      case 'refusal-start':
        this.#parts[event.part] = { type: 'refusal', text: '' }
        break
      case 'reasoning-start':
        this.#parts[event.part] = { type: 'reasoning', text: '', id: event.id }
        break
      case 'tool-input-start':
        this.#parts[event.part] = { type: 'tool-call', text: '', id: event.id, name: event.name, form: event.form }
        break
      case 'part':
        this.#parts[event.part] = { type: 'whole', text: '', value: event.value }
        break
      default: {
        const part = this.#parts[event.part]
        assert(part !== undefined, 'an event of a part that has not started')
        extend(part, event)
      }
    }
  }
}

/** The state of a part that events add to after its start. */
interface Growth {
  text: string
  citations?: Citation[]
  signature?: Sealed
  encrypted?: Sealed
}

type OpenPart = Growth &
  (
    | { readonly type: 'text' | 'refusal' }
    | { readonly type: 'reasoning'; readonly id: string | undefined }
    | { readonly type: 'tool-call'; readonly id: string; readonly name: string; readonly form: ToolForm }
    | { readonly type: 'whole'; readonly value: MediaPart | OpaquePart }
  )

function extend(part: Growth, event: Extract<ChoiceEvent, { part: number }>): void {
  switch (event.type) {
    case 'text-delta':
    case 'refusal-delta':
    case 'reasoning-delta':
    case 'tool-input-delta':
      part.text += event.text
      break
    case 'citation':
      part.citations = [...(part.citations ?? []), event.citation]
      break
    case 'signature':
      part.signature = { family: event.sealed.family, data: (part.signature?.data ?? '') + event.sealed.data }
      break
    case 'encrypted':
      part.encrypted = event.sealed
      break
    default: // the end of a part adds nothing
  }
}

function wholePart(part: OpenPart): AssistantPart {
  const { text, citations, signature, encrypted } = part
  switch (part.type) {
    case 'text':
      return { type: 'text', text, citations, signature }
    case 'refusal':
      return { type: 'refusal', text }
    case 'reasoning':
      return { type: 'reasoning', text, id: part.id, signature, encrypted }
    case 'tool-call':
      return { type: 'tool-call', id: part.id, name: part.name, input: text, form: part.form, signature }
    case 'whole':
      return part.value
  }
}
