// The legs of a request whose body is a form: it only ever passes through, with another model's name in it.
import { editForm, newContent, without } from '../../shared/form/edit-form.ts'
import { done, fail, type Result } from '../../shared/result.ts'
import type { AskedForm } from './form-body.ts'
import type { Leg, Unable } from './leg.ts'
import { pathOf, relays, type TargetLegs } from './legs.ts'
import { addressOf, type Endpoint } from './providers/endpoint.ts'
import type { Route } from './providers/routes.ts'
import { RelayLeg } from './relay-leg.ts'

const modelHead = 'content-disposition: form-data; name="model"'

export interface FormLegOptions {
  readonly route: Route
  readonly form: AskedForm
  readonly contentType: string
  /** Header lines of the caller that go on. */
  readonly headerLines: string
}

export class FormLegs implements TargetLegs {
  readonly #options: FormLegOptions

  constructor(options: FormLegOptions) {
    this.#options = options
  }

  to(endpoint: Endpoint): Result<Leg, Unable> {
    const { route, form, contentType, headerLines } = this.#options
    if (!relays(endpoint, route)) return fail({ type: 'unspoken', route: route.name })
    const { scan, modelPart, taken, boundary } = form
    const { model } = endpoint
    if (model.includes(boundary))
      return fail({ type: 'unreadable', path: 'model', message: 'contains the boundary of the form' })
    const edits = taken.map(without)
    if (modelPart !== undefined) edits.push(newContent(modelPart, model))
    const body = editForm(scan, edits)
    if (modelPart === undefined) body.unshift(Buffer.from(`--${boundary}\r\n${modelHead}\r\n\r\n${model}\r\n`))
    const path = addressOf(endpoint, pathOf(route, endpoint))
    const measure = route.measures?.ofForm?.(scan)
    return done(new RelayLeg(route, { path, headerLines, body, contentType, measure }))
  }

  could(endpoint: Endpoint): boolean {
    return relays(endpoint, this.#options.route)
  }
}
