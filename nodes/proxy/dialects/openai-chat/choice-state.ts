// The state of one choice of a stream to a caller: what was sent of it, and its open parts.
import type { Citation, Json, Sealed } from '../../../../shared/chat/parts.ts'
import { WaitingMembers } from './waiting-members.ts'

/** Seals of an open part. */
interface Seals {
  signature?: Sealed
  encrypted?: Sealed
}

export class ChoiceState {
  #begun = false
  readonly #callParts: number[] = []
  readonly #custom = new Set<number>()
  /** The open reasoning part: its text, the provider's id, and its seals. */
  thought = ''
  thoughtId: string | undefined
  thoughtSeals: Seals = {}
  textSeals: Seals = {}
  /** Details of closed reasoning parts that are not sent yet. */
  readonly details: Json[] = []
  /** Members of the next delta and the next chunk that have no neutral name. */
  readonly ofMessage = new WaitingMembers()
  readonly ofChoice = new WaitingMembers()
  /** The number of pictures so far. */
  images = 0
  /** The offset of the open text in the message, and its length so far. */
  offset = 0
  length = 0
  inText = false
  citations: Citation[] = []

  /** True on the first call. */
  begin(): boolean {
    if (this.#begun) return false
    this.#begun = true
    return true
  }

  openThought(id: string | undefined): void {
    this.thought = ''
    this.thoughtId = id
    this.thoughtSeals = {}
  }

  openText(): void {
    this.inText = true
    this.textSeals = {}
  }

  said(length: number): void {
    this.length += length
  }

  closeText(): void {
    this.inText = false
    this.offset += this.length
    this.length = 0
    this.citations = []
  }

  beginCall(part: number, custom: boolean): number {
    this.#callParts.push(part)
    if (custom) this.#custom.add(part)
    return this.#callParts.length - 1
  }

  hasCall(part: number): boolean {
    return this.#callParts.includes(part)
  }

  call(part: number): { index: number; custom: boolean } {
    return { index: this.#callParts.indexOf(part), custom: this.#custom.has(part) }
  }
}
