// Knobs that may go unsaid: what they ask for is what happens anyway, so nothing was dropped.
import type { ChatRequest, Knob } from '../../../../shared/chat/request.ts'

/** For knobs for which a target has no word. */
export function isMet(knob: Knob, { knobs, dialect }: ChatRequest): boolean {
  switch (knob) {
    case 'store':
      return knobs.store !== true
    case 'metadata':
      return dialect === 'openai-responses' // there, it is repeated in the answer
    case 'serviceTier':
      return knobs.serviceTier === 'auto' || knobs.serviceTier === 'default'
    case 'modalities':
      return true // text is what there is; anything else was refused before
    default:
      return false
  }
}
