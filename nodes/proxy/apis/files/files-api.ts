// Files and batches: what a request asks for, at whose account, and whether it is the caller's to ask.
import type { Chance } from '../../../../shared/clock.ts'
import type { AttemptRecord, RequestRecord } from '../../../../shared/telemetry/records.ts'
import { Transit, type TransitTools } from '../../attempts/dispatch.ts'
import { mayUse } from '../../auth/callers.ts'
import type { GatewayError } from '../../errors/error-table.ts'
import type { Body, Reply } from '../../http/http.ts'
import { noUnits } from '../../operations/billable-units.ts'
import type { Operation } from '../../operations/operations.ts'
import { markName, membersOf, ObjectAnswers } from '../../provider-objects/object-answers.ts'
import { type ObjectIds, type ObjectKind, type ObjectRef, objectOwner } from '../../provider-objects/object-ids.ts'
import type { ObjectAction, ObjectPath } from '../../provider-objects/object-operations.ts'
import { addressOf, type Target } from '../../providers/endpoint.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { callersLines, durationHeader } from '../../request/headers.ts'
import { bad, readObject } from '../../request/json-body.ts'
import { AttemptPlan } from '../../routing/attempt-plan.ts'
import { directRoute } from '../../routing/model-route.ts'
import { type ObjectCall, ObjectTranslator, onlyTranslator } from '../../translators/object-translator.ts'
import { accountNamed, namedAccount, providerRequired } from './account.ts'
import { ObjectList, PageReply } from './object-list.ts'
import { readUpload } from './upload.ts'

export interface FilesApiOptions {
  readonly tools: TransitTools
  readonly chance: Chance
  readonly ids: ObjectIds
  /** Answers and records; gives the body back. */
  refuse(request: AuthenticatedRequest, refusal: GatewayError): void
}

/** A request about something stored, with when its body was in. */
interface Asking {
  readonly request: AuthenticatedRequest
  readonly path: ObjectPath
  readonly owner: string
  readonly startedMs: number
}

/** Shown per page at most, by default, and asked of a provider at once. */
const pageItems = { file: { max: 10_000, normal: 1_000, asked: 1_000 }, batch: { max: 100, normal: 20, asked: 100 } }
/** Pairs of a batch's metadata: the API has 16, one of which is ours. */
const metadataPairsMax = 15

export class FilesApi {
  readonly #options: FilesApiOptions

  constructor(options: FilesApiOptions) {
    this.#options = options
  }

  routeFor({ name, kind }: ObjectPath): Operation {
    const dialect = kind === 'file' ? 'openai-files' : 'openai-batches'
    return { ...routeBase, name, dialect, ...(name.endsWith('/content') ? { answersAnyhow: 'bytes' } : {}) }
  }

  answer(request: AuthenticatedRequest, path: ObjectPath, action: ObjectAction): void {
    const startedMs = this.#options.tools.clock.monotonicMs()
    const asking: Asking = { request, path, startedMs, owner: objectOwner(request.caller) }
    switch (action) {
      case 'upload':
        this.#upload(asking).catch((error: Error) => {
          this.#options.tools.notify({ type: 'handler-threw', where: 'upload', message: error.stack ?? error.message })
          request.reply.abort()
        })
        break
      case 'list-files':
      case 'list-batches':
        this.#list(asking)
        break
      case 'create-batch':
        this.#createBatch(asking)
        break
      default:
        this.#single(asking, action)
    }
  }

  async #upload(asking: Asking): Promise<void> {
    const { request, owner } = asking
    const { ids, tools } = this.#options
    const read = await readUpload(request, { ids, owner, clock: tools.clock })
    if (request.reply.gone) {
      request.body.release()
      return
    }
    if (!read.ok) return this.#options.refuse(request, read.error)
    const { account, mark, body, fileBytes } = read.value
    const answers = this.#answers(account)
    this.#send(asking, account, {
      ...{ method: 'POST', path: addressOf(account, '/files'), body, contentType: request.head.contentType ?? '' },
      measure: { unit: 'bytes', amount: fileBytes },
      tell: (bytes) => told(answers.read(bytes), (file) => answers.file(file, mark)),
    })
  }

  /** One object, by its id. */
  #single(asking: Asking, action: ObjectAction): void {
    const { request, path, owner } = asking
    const ref = this.#options.ids.open(path.id, path.kind)
    const account = ref === undefined ? undefined : accountNamed(request.snapshot, ref.provider, ref.credential)
    if (ref === undefined || ref.owner !== owner || account === undefined) {
      return this.#options.refuse(request, { type: 'unknown-object', kind: path.kind })
    }
    const answers = this.#answers(account)
    const place = `/${path.kind === 'file' ? 'files' : 'batches'}/${encodeURIComponent(ref.id)}`
    const asked = this.#singleAsk(action, { account, place, ref, answers })
    this.#send(asking, account, { body: [], contentType: '', ...asked })
  }

  #singleAsk(
    action: ObjectAction,
    { account, place, ref, answers }: { account: Target; place: string; ref: ObjectRef; answers: ObjectAnswers },
  ): Pick<ObjectCall, 'method' | 'path' | 'tell'> {
    const path = addressOf(account, place)
    switch (action) {
      case 'file':
        return { method: 'GET', path, tell: (bytes) => told(answers.read(bytes), (file) => answers.file(file, ref)) }
      case 'delete-file': {
        const id = this.#options.ids.seal(ref)
        return { method: 'DELETE', path, tell: (bytes) => told(answers.read(bytes), (gone) => ({ ...gone, id })) }
      }
      case 'content':
        return { method: 'GET', path: addressOf(account, `${place}/content`), tell: (bytes) => bytes }
      default: {
        const isCancel = action === 'cancel-batch'
        return {
          method: isCancel ? 'POST' : 'GET',
          path: isCancel ? addressOf(account, `${place}/cancel`) : path,
          tell: (bytes) =>
            told(answers.read(bytes), (batch) =>
              answers.batch(batch, answers.markOf('batch', batch) ?? { ...ref, models: [] }),
            ),
        }
      }
    }
  }

  #createBatch(asking: Asking): void {
    const { request, owner } = asking
    const { ids, refuse } = this.#options
    const { caller, snapshot, body } = request
    const asked = readObject(body.bytes)
    if (!asked.ok) return refuse(request, asked.error)
    const { input_file_id: fileId, metadata } = asked.value
    const file = typeof fileId === 'string' ? ids.open(fileId, 'file') : undefined
    if (typeof fileId !== 'string')
      return refuse(request, bad('missing_required_parameter', '`input_file_id` is missing.', 'input_file_id'))
    const account = file === undefined ? undefined : accountNamed(snapshot, file.provider, file.credential)
    if (file === undefined || file.owner !== owner || account === undefined) {
      return refuse(request, { type: 'unknown-object', kind: 'file' })
    }
    if (file.models.length === 0) {
      return refuse(
        request,
        bad('invalid_value', 'The file was not uploaded with the purpose `batch`.', 'input_file_id'),
      )
    }
    const denied = file.models.find((model) => !mayUse(caller, model))
    if (denied !== undefined) return refuse(request, { type: 'model-not-allowed', model: denied })
    const pairs = metadata === undefined || metadata === null ? {} : membersOf(metadata)
    if (pairs === undefined || Object.keys(pairs).length > metadataPairsMax || Object.hasOwn(pairs, markName)) {
      const message = `\`metadata\` must be an object of at most ${metadataPairsMax} pairs, none of them \`${markName}\`.`
      return refuse(request, bad('invalid_value', message, 'metadata'))
    }
    const mark = { owner, models: file.models }
    const marked = { ...pairs, [markName]: ids.tokenOf(mark) }
    const sent = JSON.stringify({ ...asked.value, input_file_id: file.id, metadata: marked })
    const answers = this.#answers(account)
    this.#send(asking, account, {
      ...{
        method: 'POST',
        path: addressOf(account, '/batches'),
        body: [Buffer.from(sent)],
        contentType: 'application/json',
      },
      tell: (bytes) => told(answers.read(bytes), (batch) => answers.batch(batch, mark)),
    })
  }

  // ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #list(asking: Asking): void {
    const { request, path, owner } = asking
    const { refuse, ids } = this.#options
    const { head, snapshot, caller } = request
    const dialect = path.kind === 'file' ? 'openai-files' : 'openai-batches'
    const named = namedAccount(head, { snapshot, caller, dialect })
    if (!named.ok) return refuse(request, named.error)
    const query = new URLSearchParams(head.query)
    const limit = limitIn(query, path.kind)
    if (limit === undefined) {
      return refuse(request, bad('invalid_value', `\`limit\` must be 1 to ${pageItems[path.kind].max}.`, 'limit'))
    }
    const after = query.get('after')
    const from = after === null ? undefined : (ids.open(after, path.kind) ?? ids.open(after, `${path.kind}-cursor`))
    if (after !== null && from?.owner !== owner) return refuse(request, { type: 'unknown-object', kind: path.kind })
    const account = from === undefined ? named.value : accountNamed(snapshot, from.provider, from.credential)
    if (account === undefined) return refuse(request, providerRequired(snapshot, caller, dialect))
    const list = new ObjectList(this.#answers(account), { kind: path.kind, owner, limit })
    const passed = ['purpose', 'order'].flatMap((name): [string, string][] =>
      query.has(name) ? [[name, query.get(name)!]] : [],
    )
    request.body.release()
    this.#page(asking, { account, list, passed }, from?.id)
  }

  #page(
    asking: Asking,
    listing: { account: Target; list: ObjectList; passed: readonly [string, string][] },
    after: string | undefined,
  ): void {
    const { request, path } = asking
    const { account, list, passed } = listing
    const query = new URLSearchParams([...passed])
    query.set('limit', String(pageItems[path.kind].asked))
    if (after !== undefined) query.set('after', after)
    const address = addressOf(account, path.kind === 'file' ? '/files' : '/batches')
    let next: string | undefined
    const ask: Omit<ObjectCall, 'headerLines'> = {
      ...{ method: 'GET', path: `${address}${address.includes('?') ? '&' : '?'}${query}`, body: [], contentType: '' },
      tell: (bytes) => {
        const page = list.add(bytes)
        next = page?.next
        return page === undefined ? undefined : JSON.stringify(page.body)
      },
    }
    // Only the last page is the answer, and is recorded.
    let finished: [RequestRecord, readonly AttemptRecord[]] | undefined
    const { recorder } = this.#options.tools
    const sink: TransitTools['recorder'] = {
      finish(record, attempts, flush) {
        if (request.reply.gone) recorder.finish(record, attempts, flush)
        else {
          finished = [record, attempts]
          flush()
        }
      },
    }
    const reply = new PageReply(request.reply, (status, headers, body) => {
      if (status === 200 && next !== undefined) this.#page(asking, listing, next)
      else recorder.finish(...finished!, () => request.reply.send(status, headers, body))
    })
    this.#send(asking, account, ask, { reply, tools: { ...this.#options.tools, recorder: sink } })
  }

  // ── the way to the provider ──────────────────────────────────────────────────────────────────────────────────────

  #answers({ provider, credentials }: Target): ObjectAnswers {
    return new ObjectAnswers(this.#options.ids, { provider, credential: credentials[0]!.name })
  }

  #send(
    { request, startedMs }: Asking,
    account: Target,
    ask: Omit<ObjectCall, 'headerLines'>,
    instead: { reply?: Reply; tools?: TransitTools } = {},
  ): void {
    const { chance } = this.#options
    const { reply = request.reply, tools = this.#options.tools } = instead
    const { head, route, caller, snapshot, requestId } = request
    const { clock } = tools
    const { forwardedLines, passThroughLines } = callersLines(head, route)
    const translator = new ObjectTranslator({ ...ask, headerLines: forwardedLines + passThroughLines })
    const attemptPlan = new AttemptPlan({
      ...{ requestId, revision: snapshot.revision, stream: false, clock, chance },
      route: directRoute('', account),
      routeOf: () => undefined,
      // What may have been done is not done again.
      extraAttempts: ask.method === 'POST' ? 0 : 1,
    })
    const transit = new Transit(
      tools,
      {
        ...{
          requestId,
          startedMs,
          route,
          caller,
          attemptPlan,
          translators: onlyTranslator(translator),
          model: '',
          stream: false,
          showUsage: false,
        },
        arrivedAtMs: clock.wallMs(),
        revision: snapshot.revision,
        revisionText: snapshot.revisionText,
        user: caller.user === '' ? (head.header('x-headgate-user') ?? '') : caller.user,
        modelsThatCould: () => [],
        body: instead.reply === undefined ? request.body : noBody,
        state: undefined,
        totalMs: durationHeader(head, 'x-headgate-timeout'),
        firstTokenMs: durationHeader(head, 'x-headgate-ttft-timeout'),
      },
      reply,
    )
    transit.start()
  }
}

const routeBase = {
  ...({ errors: 'openai', upstreamPath: '', inbound: undefined, input: undefined, stream: undefined } as const),
  ...{ asksForUsage: false, measures: noUnits },
}

const noBody: Body = { bytes: Buffer.alloc(0), release: () => {} }

function told<Answer>(answer: Answer | undefined, tell: (answer: Answer) => object): string | undefined {
  return answer === undefined ? undefined : JSON.stringify(tell(answer))
}

function limitIn(query: URLSearchParams, kind: ObjectKind): number | undefined {
  const text = query.get('limit')
  const { max, normal } = pageItems[kind]
  if (text === null) return normal
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  return limit >= 1 && limit <= max ? limit : undefined
}
