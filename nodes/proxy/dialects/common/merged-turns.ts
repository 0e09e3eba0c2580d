// Collects the messages of a conversation. Messages of one turn become one message; a turn costs its length, however many
// messages it is made of.
import type { AssistantPart, UserPart } from '../../../../shared/chat/parts.ts'
import type { Message } from '../../../../shared/chat/request.ts'

/** Messages of the assistant that follow each other are merged as well, or stay apart. */
export type AssistantTurns = 'merged' | 'apart'

export class MergedTurns {
  readonly messages: Message[]
  readonly #assistant: AssistantTurns
  /** The parts of the last message, if they were merged here. */
  #merged: (UserPart | AssistantPart)[] | undefined
  /** Whether the last message has tool results alone; undefined where nobody has looked yet. */
  #isResults: boolean | undefined

  /** `messages` are the turns before; the list grows. */
  constructor(assistant: AssistantTurns, messages: Message[] = []) {
    this.#assistant = assistant
    this.messages = messages
  }

  add(message: Message | undefined): void {
    if (message === undefined) return
    const last = this.messages.at(-1)
    if (last !== undefined && this.#belongTogether(last, message)) {
      this.#merge(last, message)
      return
    }
    this.messages.push(message)
    this.#merged = undefined
    this.#isResults = undefined
  }

  #belongTogether(last: Message, next: Message): boolean {
    if (last.role !== next.role) return false
    if (last.role === 'assistant') return this.#assistant === 'merged'
    if (last.role !== 'user' || !isResults(next)) return false
    this.#isResults ??= isResults(last)
    return this.#isResults
  }

  #merge(last: Message, next: Message): void {
    if (this.#merged === undefined) {
      this.#merged = [...last.parts]
      this.messages[this.messages.length - 1] = { ...last, parts: this.#merged } as Message
    }
    for (const part of next.parts) this.#merged.push(part)
  }
}

function isResults({ parts }: Message): boolean {
  return parts.length > 0 && parts.every(({ type }) => type === 'tool-result')
}
