// The calls about one file or batch, and how their answers are shown to the caller.
import type { ObjectAnswers, ProviderObject } from '../../provider-objects/object-answers.ts'
import type { ObjectIds, ObjectRef } from '../../provider-objects/object-ids.ts'
import type { ObjectAction } from '../../provider-objects/object-operations.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { ObjectCall } from '../../translators/object-translator.ts'

export type ObjectCallParts = Omit<ObjectCall, 'headerLines'>
export type SingleAction = Exclude<ObjectAction, 'upload' | 'list-files' | 'list-batches' | 'create-batch'>

export interface SingleObject {
  readonly account: Target
  readonly ref: ObjectRef
  readonly ids: ObjectIds
  readonly answers: ObjectAnswers
}

export function singleCall(action: SingleAction, object: SingleObject): ObjectCallParts {
  const { account, ref } = object
  const collection = ref.kind === 'file' ? 'files' : 'batches'
  const { method, suffix } = singleRows[action]
  const path = addressOf(account, `/${collection}/${encodeURIComponent(ref.id)}${suffix}`)
  return { method, path, body: [], contentType: '', tell: tellerOf(action, object) }
}

const singleRows: Readonly<Record<SingleAction, { method: ObjectCall['method']; suffix: string }>> = {
  file: { method: 'GET', suffix: '' },
  'delete-file': { method: 'DELETE', suffix: '' },
  content: { method: 'GET', suffix: '/content' },
  batch: { method: 'GET', suffix: '' },
  'cancel-batch': { method: 'POST', suffix: '/cancel' },
}

function tellerOf(action: SingleAction, { ref, ids, answers }: SingleObject): ObjectCall['tell'] {
  switch (action) {
    case 'file':
      return answerWith(answers, (file) => answers.file(file, ref))
    case 'delete-file':
      return answerWith(answers, (gone) => ({ ...gone, id: ids.seal(ref) }))
    case 'content':
      return (bytes) => bytes
    default:
      return answerWith(answers, (batch) =>
        answers.batch(batch, answers.markOf('batch', batch) ?? { owner: ref.owner, models: [] }),
      )
  }
}

/** Shows the object in an answer; undefined where there is none. */
export function answerWith(
  answers: ObjectAnswers,
  show: (object: ProviderObject) => object,
): (bytes: Buffer) => string | undefined {
  return (bytes) => {
    const object = answers.read(bytes)
    return object === undefined ? undefined : JSON.stringify(show(object))
  }
}
