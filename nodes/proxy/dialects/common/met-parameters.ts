// parameters that may go unsaid: what they ask for is what happens anyway, so nothing was dropped.
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'

/** For parameters for which a target has no word. */
export function isMet(parameter: Parameter, { parameters, dialect }: ChatRequest): boolean {
  switch (parameter) {
    case 'store':
      return parameters.store !== true
    case 'metadata':
      return dialect === 'openai-responses' // there, it is repeated in the answer
    case 'serviceTier':
      return parameters.serviceTier === 'auto' || parameters.serviceTier === 'default'
    case 'modalities':
      return true // text is what there is; anything else was refused before
    default:
      return false
  }
}
