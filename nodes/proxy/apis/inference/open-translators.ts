// How the targets of a request are spoken to: by its body, JSON or a form.
import type { Clock } from '../../../../shared/clock.ts'
import type { Jobs } from '../../large/job.ts'
import type { Permit } from '../../policies/run-policies.ts'
import { fileReferences } from '../../provider-objects/file-references.ts'
import type { ObjectIds } from '../../provider-objects/object-ids.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { FormTranslators } from '../../translators/choose-form-translator.ts'
import { JsonTranslators } from '../../translators/choose-translator.ts'
import type { JsonTranslatorOptions } from '../../translators/json-options.ts'
import type { Translators } from '../../translators/translator.ts'

export function openTranslators(
  request: AuthenticatedRequest,
  { asked, filters }: Permit,
  { ids, clock, jobs }: { ids: ObjectIds; clock: Clock; jobs: Jobs },
): Translators {
  const { body } = asked.facts
  if (body.type === 'form') return new FormTranslators(request, body, jobs)
  const nowSeconds = Math.floor(clock.wallMs() / 1_000)
  const strict = request.head.header('x-headgate-strict') === 'true'
  return new JsonTranslators({
    request,
    asked,
    body,
    filters,
    findFiles: finderOf(request, ids),
    strict,
    nowSeconds,
    jobs,
    clock,
  })
}

/** Finds the ids of files in the body. Only requests that name a provider are searched, so that no other pays for it. */
function finderOf({ head, body, caller }: AuthenticatedRequest, ids: ObjectIds): JsonTranslatorOptions['findFiles'] {
  if (head.header('x-headgate-provider') === undefined) return undefined
  return () => fileReferences(body.bytes, ids, caller.owner)
}
