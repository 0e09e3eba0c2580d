// Carried signatures (`carried-signatures.ts`) in a stream. A text or a signed call begins with the event after its
// start, because an empty text becomes nothing but the carrier, and the carrier of a call stands before it.
import type { ChatEvent, PartEnd, PartStart, SealedEvent, ToolInputStart } from '../../../../shared/chat/events.ts'
import type { Sealed, SignedPart } from '../../../../shared/chat/parts.ts'
import { carrierOf } from './carried-signatures.ts'
import { joinedSeal } from './sealed-parts.ts'

type Print = (event: ChatEvent) => string
type PartEvent = Extract<ChatEvent, { part: number }>
type Start = PartStart | ToolInputStart

/** Takes the events of an upstream, and has the events of the caller's dialect printed. */
export class CarriedEvents {
  readonly #print: Print
  /** The parts that were begun, in the caller's count. */
  #parts = 0
  /** The caller's number of a part, by the upstream's. */
  readonly #numbers: number[] = []
  readonly #open = new Map<number, OpenPart>()

  constructor(print: Print) {
    this.#print = print
  }

  /** Dialects that carry signatures have one choice only. */
  take(event: ChatEvent): string {
    return 'part' in event && event.choice === 0 ? this.#takePart(event) : this.#print(event)
  }

  #takePart(event: PartEvent): string {
    switch (event.type) {
      case 'text-start':
      case 'tool-input-start':
        this.#open.set(event.part, new OpenPart(event))
        return event.type === 'tool-input-start' && event.signed !== true ? this.#begin(event.part) : ''
      case 'signature':
        return this.#sign(event)
      case 'text-end':
      case 'tool-input-end':
        return this.#close(event)
      case 'reasoning-start':
      case 'refusal-start':
      case 'part':
        return this.#printAs(this.#number(event.part), event)
      default:
        return this.#begin(event.part) + this.#printNumbered(event)
    }
  }

  /** Prints the start of a part that waits for it. */
  #begin(part: number): string {
    const open = this.#open.get(part)
    if (open === undefined || open.isBegun) return ''
    open.isBegun = true
    return this.#printAs(this.#number(part), open.start)
  }

  #sign(event: SealedEvent): string {
    const open = this.#open.get(event.part)
    if (open === undefined) return this.#printNumbered(event)
    open.signature = joinedSeal(open.signature, event.sealed)
    return open.start.type === 'tool-input-start' && !open.isBegun ? this.#tell(open) + this.#begin(event.part) : ''
  }

  #close(event: PartEnd): string {
    const open = this.#open.get(event.part)
    if (open === undefined) return this.#printNumbered(event)
    // An empty text is nothing but its signature.
    const isEmpty = open.start.type === 'text-start' && !open.isBegun && open.signature !== undefined
    const closed = isEmpty ? '' : this.#begin(event.part) + this.#printNumbered(event)
    this.#open.delete(event.part)
    return closed + this.#tell(open)
  }

  /** Prints the carrier, with all of the signature that has come, unless the caller has it. */
  #tell(open: OpenPart): string {
    const { signature, start, isBegun, told } = open
    if (signature === undefined || signature.data.length === told) return ''
    open.told = signature.data.length
    if (start.type === 'tool-input-start') return this.#carry(signature, { call: start.id })
    return this.#carry(signature, isBegun ? 'text' : 'empty text')
  }

  #carry(signature: Sealed, signs: SignedPart): string {
    const at = { choice: 0, part: this.#parts++ }
    const { signature: sealed = signature } = carrierOf(signature, signs)
    return (
      this.#print({ type: 'reasoning-start', ...at }) +
      this.#print({ type: 'signature', ...at, sealed }) +
      this.#print({ type: 'reasoning-end', ...at })
    )
  }

  #number(part: number): number {
    const number = this.#parts++
    this.#numbers[part] = number
    return number
  }

  #printNumbered(event: PartEvent): string {
    return this.#printAs(this.#numbers[event.part] ?? event.part, event)
  }

  #printAs(part: number, event: PartEvent): string {
    return this.#print(part === event.part ? event : { ...event, part })
  }
}

class OpenPart {
  readonly start: Start
  isBegun = false
  signature: Sealed | undefined
  /** How much of the signature the caller has. */
  told = 0

  constructor(start: Start) {
    this.start = start
  }
}
