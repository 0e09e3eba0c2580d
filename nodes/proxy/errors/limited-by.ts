// What has rejected or ended a request, for its record: the resource of the configuration, as its kind and its name.
import type { GatewayError } from './gateway-error.ts'

/** Undefined for errors that no limit, budget or quota has caused. */
export function limitedBy(error: GatewayError): string | undefined {
  switch (error.type) {
    case 'rate-limited':
      return `limits/${error.limit}`
    case 'limit-exhausted':
      return `limits/${error.name}`
    case 'budget-exhausted':
      return `budgets/${error.name}`
    case 'budget-exceeded':
    case 'budget-away':
    case 'cost-unbounded':
      return `budgets/${error.budget}`
    case 'upstream-busy':
      return `providers/${error.provider}`
    default:
      return undefined
  }
}
