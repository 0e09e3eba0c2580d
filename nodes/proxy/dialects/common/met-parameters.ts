// Parameters whose value holds even when they are not sent. They are not reported as dropped.
import type { ChatRequest, Parameter } from '../../../../shared/chat/request.ts'

/** Whether the value of a parameter that the target does not support holds anyway. */
export function isMet(parameter: Parameter, { parameters, dialect }: ChatRequest): boolean {
  switch (parameter) {
    case 'store':
      return parameters.store !== true
    case 'metadata':
      return dialect === 'openai-responses' // that API repeats metadata in its answer
    case 'serviceTier':
      return parameters.serviceTier === 'auto' || parameters.serviceTier === 'default'
    case 'modalities':
      return true // text is always possible; requests for other modalities were refused before
    default:
      return false
  }
}
