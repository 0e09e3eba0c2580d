// Holds answers against the OpenAPI document that the node itself serves: what is sent must be what is described.
import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Told } from './started-control.ts'

type Operation = { responses: Record<string, { content?: Record<string, unknown> }> }
interface Document {
  paths: Record<string, Record<string, Operation>>
}

export type CheckDescribed = (method: string, path: string, told: Told) => void

/** Throws when an answer's status, media type or body is not what the document says. */
export function describedBy(document: Document): CheckDescribed {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, 'openapi')
  const templates = Object.keys(document.paths).map((template) => ({ template, pattern: patternOf(template) }))
  return (method, path, told) => {
    const bare = path.split('?')[0]!
    const found = templates.find(
      ({ template, pattern }) => pattern.test(bare) && document.paths[template]![method.toLowerCase()],
    )
    assert(found !== undefined, `${method} ${bare} is not described`)
    const operation = document.paths[found.template]![method.toLowerCase()]!
    const key = String(told.status) in operation.responses ? String(told.status) : 'default'
    assert(key !== 'default' || told.status >= 400, `${method} ${bare}: a ${told.status} is not described`)
    const { content } = operation.responses[key]!
    if (content === undefined) return
    const media = told.headers.get('content-type') ?? ''
    const described = Object.keys(content).find((name) => media.startsWith(name))
    assert(described !== undefined, `${method} ${bare}: ${told.status} came as ${media}, not ${Object.keys(content)}`)
    if (!described.endsWith('json')) return
    const pointer = ['paths', found.template, method.toLowerCase(), 'responses', key, 'content', described, 'schema']
    const validate = ajv.getSchema(`openapi#/${pointer.map(escapePointer).join('/')}`)
    assert(validate !== undefined, `no schema at ${pointer.join('/')}`)
    assert(validate(told.json), `${method} ${bare} ${told.status}: ${ajv.errorsText(validate.errors)} in ${told.text}`)
  }
}

function patternOf(template: string): RegExp {
  const source = template
    .replace(/[.+?^$()|[\]\\]/g, '\\$&')
    .replace(/\{name\}/g, '.+')
    .replace(/\{\w+\}/g, '[^/:]+')
  return new RegExp(`^${source}$`)
}

function escapePointer(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
