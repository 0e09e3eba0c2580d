// The state of a streamed part: its place in the output, and what was sent of it so far.
import type { TokenLogprob } from '../../../../shared/chat/answer.ts'
import type { Citation, JsonObject, Sealed } from '../../../../shared/chat/parts.ts'
import { joinedSeal } from '../common/sealed-parts.ts'

export class PartState {
  readonly kind: 'text' | 'refusal' | 'reasoning' | 'function' | 'custom'
  readonly id: string
  readonly index: number
  readonly contentIndex: number
  text = ''
  call = { id: '', name: '' }
  /** The provider's id of reasoning. */
  thoughtId: string | undefined
  readonly seals: { signature?: Sealed; encrypted?: Sealed } = {}
  readonly citations: Citation[] = []
  readonly logprobs: TokenLogprob[] = []

  constructor(kind: PartState['kind'], id: string, index: number, contentIndex: number) {
    this.kind = kind
    this.id = id
    this.index = index
    this.contentIndex = contentIndex
  }

  seal(type: 'signature' | 'encrypted', sealed: Sealed): void {
    this.seals[type] = joinedSeal(this.seals[type], sealed)
  }

  place(): JsonObject {
    return { item_id: this.id, output_index: this.index, content_index: this.contentIndex }
  }

  summaryPlace(): JsonObject {
    return { item_id: this.id, output_index: this.index, summary_index: 0 }
  }
}
