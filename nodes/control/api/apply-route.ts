// `POST /apply`: a whole document at once, one change set, one revision.
import { decideApply } from '../../../shared/config/decide.ts'
import { diffChange } from '../../../shared/config/diff.ts'
import { documentJsonSchema } from '../../../shared/config/json-schema.ts'
import type { ConfigService, Decide } from '../config-service.ts'
import { type HttpAnswer, json, problem } from '../http/answer.ts'
import { appliedBody, opaqueBody } from './answers.ts'
import { withProblem } from './refusals.ts'
import { dryRun, dryRunQuery, isDryRun, writeProblems } from './resource-routes.ts'
import { type Call, jsonMedia, type Route, yamlMedia } from './route.ts'

export interface ApplyOptions {
  desk: ConfigService
}

export function applyRoutes(options: ApplyOptions): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/apply',
      summary: 'Make the configuration what a document says; deletes only what an earlier apply made',
      access: 'administrator',
      query: dryRunQuery,
      body: { media: [yamlMedia, jsonMedia] },
      answers: { 200: appliedBody, ...writeProblems },
      handle: (call) => apply(options, call),
    },
    {
      method: 'GET',
      path: '/headgate.schema.json',
      summary: 'JSON Schema of that document, for editors',
      access: 'anyone',
      answers: { 200: opaqueBody },
      handle: () => json(200, documentJsonSchema()),
    },
  ]
}

async function apply({ desk }: ApplyOptions, call: Call): Promise<HttpAnswer> {
  const { body, caller } = call
  const { parseDocument } = await import('../../../shared/config/document.ts')
  // Neither variables nor files: a document that came over the wire has no business with this machine.
  const document = parseDocument(body.text, { format: body.media === jsonMedia ? 'json' : 'yaml' })
  const decide: Decide = (state, tools) => withProblem(decideApply(state, document, tools))
  if (isDryRun(call)) return dryRun(desk, decide)
  let changes: unknown[] = []
  const written = await desk.write({
    ...caller,
    decide: (state, tools) => {
      const decision = decide(state, tools)
      if (decision.ok) changes = diffChange(state, decision.value)
      return decision
    },
  })
  return written.ok ? json(200, { revision: written.value.revision, changes }) : problem(written.error)
}
