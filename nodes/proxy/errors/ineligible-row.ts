// The row of a request that no target can take: what it asks for, and which other models could take it.
import { invalid, type Row, row, shown, shownList, withParam } from './error-row.ts'
import type { GatewayError } from './gateway-error.ts'

type Unable = Extract<GatewayError, { type: 'unable' }>

export function ineligibleRow({ model, ineligible, models }: Unable): Row {
  const others = othersOf(models)
  switch (ineligible.type) {
    case 'missing-capability': {
      const asked = `it asks for ${ineligible.capability} (${shown(ineligible.what)})`
      const message = `The model ${shown(model)} cannot take this request: ${asked}. ${others}`
      return withParam(row(400, invalid, 'unsupported_capability', message), ineligible.what)
    }
    case 'unsupported-params': {
      const params = shownList(ineligible.params)
      const message = `In strict mode the model ${shown(model)} cannot take ${params}. ${others}`
      return withParam(row(400, invalid, 'unsupported_parameter', message), ineligible.params[0])
    }
    case 'elsewhere': {
      const message = `The model ${shown(model)} cannot go on from this response: it lies with the provider ${shown(ineligible.provider)}, where none of the model's targets is. ${others}`
      return withParam(row(400, invalid, 'previous_response_elsewhere', message), 'previous_response_id')
    }
    case 'unpriced': {
      const target = shown(`${ineligible.provider}/${ineligible.target}`)
      const message = `The model ${shown(model)} has no known price at ${target}, and the operator refuses requests whose cost cannot be known. ${others}`
      return withParam(row(400, invalid, 'model_unpriced', message), 'model')
    }
    case 'unspoken': {
      const message = `The model ${shown(model)} cannot be used at ${ineligible.route}. ${others}`
      return withParam(row(400, invalid, 'unsupported_endpoint', message), 'model')
    }
  }
}

function othersOf(models: Unable['models']): string {
  if (models === undefined) return 'GET /v1/models lists the models that you may use.'
  if (models.length === 0) return 'No model that you may use could.'
  return `These models could: ${models.map(shown).join(', ')}.`
}
