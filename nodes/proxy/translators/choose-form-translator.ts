// The translators of a request whose body is a form: it only ever passes through, with another model's name in it.
import { editForm, newContent, without } from '../../../shared/form/edit-form.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { Operation } from '../operations/operations.ts'
import { addressOf, type Target } from '../providers/endpoint.ts'
import type { AskedForm } from '../request/form-body.ts'
import { passesThrough, pathOf, type Translators } from './choose-translator.ts'
import { PassThrough } from './pass-through.ts'
import type { Ineligible, Translator } from './translator.ts'

const modelHead = 'content-disposition: form-data; name="model"'

export interface FormTranslatorOptions {
  readonly route: Operation
  readonly form: AskedForm
  readonly contentType: string
  /** Header lines of the caller that go on. */
  readonly headerLines: string
}

export class FormTranslators implements Translators {
  readonly #options: FormTranslatorOptions

  constructor(options: FormTranslatorOptions) {
    this.#options = options
  }

  to(target: Target): Result<Translator, Ineligible> {
    const { route, form, contentType, headerLines } = this.#options
    if (!passesThrough(target, route)) return fail({ type: 'unspoken', route: route.name })
    const { scan, modelPart, taken, boundary } = form
    const { model } = target
    if (model.includes(boundary))
      return fail({ type: 'unreadable', path: 'model', message: 'contains the boundary of the form' })
    const edits = taken.map(without)
    if (modelPart !== undefined) edits.push(newContent(modelPart, model))
    const body = editForm(scan, edits)
    if (modelPart === undefined) body.unshift(Buffer.from(`--${boundary}\r\n${modelHead}\r\n\r\n${model}\r\n`))
    const path = addressOf(target, pathOf(route, target))
    const measure = route.units?.ofForm?.(scan)
    return done(new PassThrough(route, { path, headerLines, body, contentType, measure }))
  }

  could(target: Target): boolean {
    return passesThrough(target, this.#options.route)
  }
}
