// How the targets of a request are spoken to: by its body, JSON or a form.
import type { Jobs } from '../../large/job.ts'
import type { Permit } from '../../policies/run-policies.ts'
import { type FileReference, fileReferences } from '../../provider-objects/file-references.ts'
import type { ObjectIds } from '../../provider-objects/object-ids.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { FormTranslators } from '../../translators/choose-form-translator.ts'
import { JsonTranslators } from '../../translators/choose-translator.ts'
import type { Translators } from '../../translators/translator.ts'

/** `nowSeconds`: wall clock, since the epoch. */
export function openTranslators(
  request: AuthenticatedRequest,
  { asked, filters }: Permit,
  { ids, nowSeconds, jobs }: { ids: ObjectIds; nowSeconds: number; jobs: Jobs },
): Translators {
  const { body } = asked.facts
  if (body.type === 'form') return new FormTranslators(request, body)
  const strict = request.head.header('x-headgate-strict') === 'true'
  return new JsonTranslators({ request, asked, body, filters, files: filesIn(request, ids), strict, nowSeconds, jobs })
}

/** Finds the ids of files in the body. Only requests that name a provider are searched, so that no other pays for it. */
function filesIn({ head, body, caller }: AuthenticatedRequest, ids: ObjectIds): readonly FileReference[] | undefined {
  if (head.header('x-headgate-provider') === undefined) return undefined
  return fileReferences(body.bytes, ids, caller.owner)
}
