// The rewriting of a large body whose bytes pass through, as a job: for bodies that may have something to change in what they say.
import type { Dialect } from '../../../../shared/chat/parts.ts'
import { BodyScan, scanBody } from '../../../../shared/json/scan.ts'
import type { Edit } from '../../../../shared/json/splice.ts'
import { StoredHistory } from '../../conversations/history.ts'
import { ReferredTurns } from '../../conversations/item-references.ts'
import type { Job } from '../../large/job.ts'
import { charactersOf } from '../../operations/billable-units.ts'
import { operationNamed } from '../../operations/named-operation.ts'
import type { Place } from '../own-seals.ts'
import { type BodyRewrite, rewrittenBody } from '../rewrite-body.ts'

export interface RewriteHead {
  /** The name of the operation where its dialect names the model deep within the body; undefined elsewhere. */
  readonly renames: string | undefined
  readonly dialect: Dialect
  readonly place: Place
  readonly edits: readonly Edit[]
  readonly modelEdit: Edit | undefined
  readonly fileEdits: readonly Edit[]
  readonly isEnveloped: boolean
  /** What stands behind the body: turns before it, and responses that it refers to; undefined for none. */
  readonly historyTurns: number | undefined
  readonly referredTurns: number | undefined
}

export const rewriteJob: Job<RewriteHead, undefined> = {
  name: 'rewrite',
  run(head, [body = Buffer.alloc(0), ...turns]) {
    const { renames, dialect, place, edits, modelEdit, fileEdits, isEnveloped, historyTurns = 0 } = head
    const scan = new BodyScan()
    const problem = scanBody(body, scan)
    if (problem !== undefined) throw new Error(`a body that was scanned before is ${problem.type}`)
    const history = head.historyTurns === undefined ? undefined : new StoredHistory(turns.slice(0, historyTurns))
    const referred = head.referredTurns === undefined ? undefined : new ReferredTurns(turns.slice(historyTurns))
    const namesModelWithin = renames === undefined ? undefined : operationNamed(renames).namesModelWithin
    const state = { history, referred }
    const common = { dialect, place, edits, modelEdit, fileEdits, isEnveloped }
    const rewrite: BodyRewrite = { ...common, state, namesModelWithin }
    return { told: undefined, bodies: [Buffer.concat(rewrittenBody(scan, rewrite))] }
  },
}

/** The Unicode characters of a text, whose JSON is the body. */
export const countCharactersJob: Job<undefined, number> = {
  name: 'count characters',
  run: (_head, [text = Buffer.from('""')]) => ({ told: charactersOf(JSON.parse(text.toString('utf8'))), bodies: [] }),
}
