// The translators of a request whose body is a form: it only ever passes through, with another model's name in it.
import { editForm, newContent, without } from '../../../shared/form/edit-form.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Ineligible } from '../errors/gateway-error.ts'
import type { Jobs } from '../large/job.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../request/authenticated-request.ts'
import type { AskedForm } from '../request/form-body.ts'
import { passThroughHeaders } from '../request/headers.ts'
import { passesThrough } from './choose-translator.ts'
import { PassThrough } from './pass-through.ts'
import { pathOf } from './pass-through-request.ts'
import type { Translator, Translators } from './translator.ts'

const modelHead = 'content-disposition: form-data; name="model"'

export class FormTranslators implements Translators {
  readonly request: AuthenticatedRequest
  readonly jobs: Jobs
  readonly #form: AskedForm

  constructor(request: AuthenticatedRequest, form: AskedForm, jobs: Jobs) {
    this.request = request
    this.jobs = jobs
    this.#form = form
  }

  to(target: Target): Result<Translator, Ineligible> {
    const { operation, head } = this.request
    if (!passesThrough(target, operation)) return fail({ type: 'unspoken', route: operation.name })
    const { scan, modelPart, taken, boundary } = this.#form
    const { model } = target
    if (model.includes(boundary))
      return fail({ type: 'unreadable', path: 'model', message: 'contains the boundary of the form' })
    const edits = without(taken)
    if (modelPart !== undefined) edits.push(newContent(modelPart, model))
    const body = editForm(scan, edits)
    if (modelPart === undefined) body.unshift(Buffer.from(`--${boundary}\r\n${modelHead}\r\n\r\n${model}\r\n`))
    const path = addressOf(target, pathOf(operation, target))
    const { lines: headerLines } = passThroughHeaders(head, operation)
    const units = operation.units?.ofForm?.(scan)
    return done(
      new PassThrough(operation, { path, headerLines, body, contentType: head.contentType ?? '', units }, this),
    )
  }

  could(target: Target): boolean {
    return passesThrough(target, this.request.operation)
  }
}
