// Files and batches: what a request asks for, at whose account, and whether it is the caller's to ask.
import type { Chance, Clock } from '../../../../shared/clock.ts'
import type { Settlement } from '../../accounting/settle.ts'
import type { HttpAttemptTools } from '../../attempts/attempt-owner.ts'
import { Delivery, type DeliveryTools } from '../../attempts/delivery.ts'
import { Dispatch } from '../../attempts/dispatch.ts'
import { ObjectAnswers } from '../../provider-objects/object-answers.ts'
import type { ObjectIds } from '../../provider-objects/object-ids.ts'
import type { ObjectPath } from '../../provider-objects/object-operations.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { formExpected, isForm } from '../../request/headers.ts'
import type { Api } from '../api.ts'
import type { BatchWatch } from '../batches/batch-watch.ts'
import { proceed } from '../proceed.ts'
import { accountNamed } from './account.ts'
import { accountDispatch } from './account-dispatch.ts'
import { readBatch } from './create-batch.ts'
import { type AskedList, pageCall, readListRequest } from './list-request.ts'
import { answerWith, type ObjectCallParts, type SingleAction, singleCall } from './object-call.ts'
import { PageDelivery } from './page-delivery.ts'
import { readUpload, type Upload } from './upload.ts'

export interface FilesApiOptions {
  readonly clock: Clock
  readonly chance: Chance
  readonly settlement: Settlement
  readonly attempts: HttpAttemptTools
  readonly delivery: DeliveryTools
  readonly ids: ObjectIds
  /** Told of the batches that callers see. */
  readonly batches?: Pick<BatchWatch, 'seen'> | undefined
}

export class FilesApi implements Api {
  readonly #options: FilesApiOptions

  constructor(options: FilesApiOptions) {
    this.#options = options
  }

  answer(request: AuthenticatedRequest): void {
    const { object } = request.matched
    const action = object?.actions[request.head.method]
    if (object === undefined || action === undefined) return
    switch (action) {
      case 'upload':
        this.#upload(request)
        break
      case 'list-files':
      case 'list-batches':
        this.#list(request, object)
        break
      case 'create-batch':
        this.#createBatch(request)
        break
      default:
        this.#single(request, object, action)
    }
  }

  #upload(request: AuthenticatedRequest): void {
    const { settlement, ids, clock } = this.#options
    if (!isForm(request.head)) return settlement.reject(request, formExpected)
    const owner = request.caller.owner
    proceed(
      readUpload(request, { ids, owner, clock }),
      (read) => {
        if (request.reply.gone) settlement.left(request)
        else if (read.ok) this.#sendUpload(request, read.value)
        else settlement.reject(request, read.error)
      },
      (error) => settlement.bug(request, error),
    )
  }

  #sendUpload(request: AuthenticatedRequest, { account, mark, body, fileBytes }: Upload): void {
    const answers = this.#answers(account)
    this.#send(request, account, {
      method: 'POST',
      path: addressOf(account, '/files'),
      body,
      contentType: request.head.contentType ?? '',
      units: { unit: 'bytes', amount: fileBytes },
      tell: answerWith(answers, (file) => answers.file(file, mark)),
    })
  }

  /** Sends a call about one object, which the path names by its id. */
  #single(request: AuthenticatedRequest, object: ObjectPath, action: SingleAction): void {
    const { ids, settlement } = this.#options
    const ref = ids.open(object.id, object.kind)
    const account = ref === undefined ? undefined : accountNamed(request.snapshot, ref.provider, ref.credential)
    if (ref === undefined || ref.owner !== request.caller.owner || account === undefined) {
      return settlement.reject(request, { type: 'unknown-object', kind: object.kind })
    }
    this.#send(request, account, singleCall(action, { account, ref, ids, answers: this.#answers(account) }))
  }

  #createBatch(request: AuthenticatedRequest): void {
    const { ids, settlement } = this.#options
    const batch = readBatch(request, ids)
    if (!batch.ok) return settlement.reject(request, batch.error)
    const { account, mark, body } = batch.value
    const answers = this.#answers(account)
    this.#send(request, account, {
      method: 'POST',
      path: addressOf(account, '/batches'),
      body: [Buffer.from(body)],
      contentType: 'application/json',
      tell: answerWith(answers, (made) => answers.batch(made, mark)),
    })
  }

  #list(request: AuthenticatedRequest, object: ObjectPath): void {
    const { settlement, ids, delivery } = this.#options
    const read = readListRequest(request, object, ids)
    if (!read.ok) return settlement.reject(request, read.error)
    const asked = read.value
    const list = asked.openList(this.#answers(asked.account))
    const page = new PageDelivery(delivery, request, (after) => this.#page(request, { asked, list, page, after }))
    this.#page(request, { asked, list, page, after: asked.after })
  }

  /** Asks the provider for the page behind `after`. */
  #page(
    request: AuthenticatedRequest,
    { asked, list, page, after }: { asked: AskedList; list: PageList; page: PageDelivery; after: string | undefined },
  ): void {
    const call = pageCall(asked, after, (bytes) => {
      const found = list.add(bytes)
      page.next = found?.next
      return found === undefined ? undefined : JSON.stringify(found.body)
    })
    this.#dispatch(request, asked.account, call, page)
  }

  #answers({ provider, credentials }: Target): ObjectAnswers {
    const { ids, batches } = this.#options
    const account = { provider, credential: credentials[0]?.name ?? '' }
    return new ObjectAnswers(ids, account, batches?.seen.bind(batches))
  }

  #send(request: AuthenticatedRequest, account: Target, call: ObjectCallParts): void {
    const asked = { model: '', stream: false, holds: [], keeper: undefined }
    this.#dispatch(request, account, call, new Delivery(this.#options.delivery, request, asked))
  }

  #dispatch(request: AuthenticatedRequest, account: Target, call: ObjectCallParts, delivery: Delivery): void {
    const { attempts, clock, chance, settlement } = this.#options
    const dispatched = accountDispatch(request, account, { call, clock, chance, holds: settlement.heldBy(request) })
    new Dispatch(attempts, request, dispatched, delivery).start()
  }
}

type PageList = ReturnType<AskedList['openList']>
