// Work on conversations that may be large: at once where they are small, else in another process.
import { bounds } from '../../../shared/bounds.ts'
import { done, fail, type Result } from '../../../shared/result.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { BytesHold, Job, JobOwner, Jobs } from '../large/job.ts'
import { expandedBytes, ReferredTurns, referredResponses } from './item-references.ts'
import { type KeptAnswer, keptAnswer, type ToldAnswer } from './kept-answer.ts'
import type { BadParameter } from './storage-options.ts'
import { type AskedStored, type ToldStored, toldStored } from './told-stored.ts'

/** Whose work it is, and who does it. */
export interface LargeTurns {
  readonly jobs: Jobs
  readonly owner: JobOwner
  /** Keeps the bytes of the body. */
  readonly hold: BytesHold | undefined
}

// ── which responses an input refers to ───────────────────────────────────────────────────────────────────────────────

/** More ids than a request may refer to are not told; one more is enough to say so. */
const toldIdsMax = bounds.responseChainMax + 1

export const referencesJob: Job<undefined, readonly (readonly [id: string, times: number])[]> = {
  name: 'find references',
  run: (_head, [input = Buffer.from('[]')]) => ({
    told: [...referredResponses(input.toString('utf8'))].slice(0, toldIdsMax),
    bodies: [],
  }),
}

/** `input` is a list in JSON. */
export async function referredResponsesOf(
  input: Buffer,
  { jobs, owner, hold }: LargeTurns,
): Promise<Result<ReadonlyMap<string, number>, GatewayError>> {
  if (input.length <= bounds.parsedHereBytesMax) return done(referredResponses(input.toString('utf8')))
  const found = await jobs.run(referencesJob, { head: undefined, bodies: [[input]], owner, hold }).result
  return found.ok ? done(new Map(found.value.told)) : fail(found.error)
}

export const weighJob: Job<undefined, number> = {
  name: 'weigh references',
  run: (_head, [input = Buffer.from('[]'), ...turns]) => ({
    told: expandedBytes(input.toString('utf8'), turns),
    bodies: [],
  }),
}

/** The size of what stands in the places of the references of `input`. */
export async function expandedBytesOf(
  input: Buffer,
  referred: ReferredTurns,
  { jobs, owner, hold }: LargeTurns,
): Promise<Result<number, GatewayError>> {
  const { turns, length } = referred
  if (input.length + length <= bounds.parsedHereBytesMax) return done(expandedBytes(input.toString('utf8'), turns))
  const bodies = [input, ...turns].map((one) => [one])
  const weighed = await jobs.run(weighJob, { head: undefined, bodies, owner, hold }).result
  return weighed.ok ? done(weighed.value.told) : fail(weighed.error)
}

// ── what is stored of an answer ──────────────────────────────────────────────────────────────────────────────────────

/** A told answer without what is sent as bytes. */
interface KeepHead extends Omit<ToldAnswer, 'last' | 'parts' | 'input'> {
  readonly hasParts: boolean
  readonly hasInput: boolean
  readonly refers: boolean
}

type ToldKept = Pick<KeptAnswer, 'id' | 'saysStored'> & { readonly isStored: boolean }

/** The bodies of its outcome are the corrected answer and what is stored. */
export const keepJob: Job<KeepHead, ToldKept | undefined> = {
  name: 'keep an answer',
  run({ hasParts, hasInput, refers, ...told }, [last = empty, parts = empty, text = empty, ...referred]) {
    const kept = keptAnswer({
      ...told,
      last: last.toString('utf8'),
      parts: hasParts ? parts.toString('utf8') : undefined,
      input: hasInput ? { text, referred: refers ? new ReferredTurns(referred) : undefined } : undefined,
    })
    if (kept === undefined) return { told: undefined, bodies: [] }
    const { id, saysStored, corrected, stored } = kept
    return {
      told: { id, saysStored, isStored: stored !== undefined },
      bodies: [Buffer.from(corrected), ...(stored === undefined ? [] : [stored])],
    }
  },
}

const empty = Buffer.alloc(0)

export async function keptAnswerOf(told: ToldAnswer, { jobs, owner }: LargeTurns): Promise<KeptAnswer | undefined> {
  const { last, parts, input, ...rest } = told
  const referred = input?.referred
  const length = last.length + (parts?.length ?? 0) + (input?.text.length ?? 0) + (referred?.length ?? 0)
  if (length <= bounds.parsedHereBytesMax) return keptAnswer(told)
  const head: KeepHead = {
    ...rest,
    hasParts: parts !== undefined,
    hasInput: input !== undefined,
    refers: referred !== undefined,
  }
  const texts = [Buffer.from(last), Buffer.from(parts ?? ''), input?.text ?? empty, ...(referred?.turns ?? [])]
  const kept = await jobs.run(keepJob, { head, bodies: texts.map((text) => [text]), owner, isPaid: true }).result
  // Who has paid for an answer gets it, although it is not stored.
  if (!kept.ok) return unkept(last)
  const { told: found, bodies } = kept.value
  if (found === undefined) return undefined
  const [corrected = [], stored = []] = bodies
  return {
    id: found.id,
    saysStored: found.saysStored,
    corrected: Buffer.concat(corrected).toString('utf8'),
    stored: found.isStored ? Buffer.concat(stored) : undefined,
  }
}

/** An answer that could not be worked on. It says that it is stored where there is no telling in which place it says so. */
function unkept(last: string): KeptAnswer {
  const [said, other] = ['"store":true', '"store":false']
  const at = last.indexOf(said)
  const isPlain = at >= 0 && !last.includes(said, at + said.length)
  const corrected = isPlain ? last.slice(0, at) + other + last.slice(at + said.length) : last
  return { id: '', stored: undefined, saysStored: true, corrected }
}

// ── how a stored response is told ────────────────────────────────────────────────────────────────────────────────────

export const tellJob: Job<AskedStored, Result<ToldStored['type'], BadParameter>> = {
  name: 'tell a stored response',
  run(asked, turns) {
    const told = toldStored(asked, turns)
    if (!told.ok) return { told, bodies: [] }
    return { told: done(told.value.type), bodies: [Buffer.from(told.value.text)] }
  },
}

export async function toldStoredOf(
  asked: AskedStored,
  turns: readonly Buffer[],
  { jobs, owner }: LargeTurns,
): Promise<Result<ToldStored, GatewayError>> {
  const length = turns.reduce((sum, turn) => sum + turn.length, 0)
  if (length <= bounds.parsedHereBytesMax) return toldStored(asked, turns)
  const outcome = await jobs.run(tellJob, { head: asked, bodies: turns.map((turn) => [turn]), owner }).result
  if (!outcome.ok) return fail(outcome.error)
  const { told, bodies } = outcome.value
  return told.ok ? done({ type: told.value, text: Buffer.concat(bodies[0] ?? []).toString('utf8') }) : told
}
