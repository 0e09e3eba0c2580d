// Reads a whole answer of an upstream of another dialect, and prints it for the caller. Nothing here depends on where it runs.
import { answerBytes } from '../../../shared/chat/estimate.ts'
import type { AssistantPart, JsonObject } from '../../../shared/chat/parts.ts'
import { isRewritten, restoreAnswer } from '../../../shared/chat/tool-forms.ts'
import { type Usage, usageOf } from '../../../shared/chat/usage.ts'
import { tryParseExact } from '../../../shared/json/exact.ts'
import { isObject } from '../dialects/common/body-reader.ts'
import { unlessTooDeep } from '../dialects/depth-guard.ts'
import type { EmbeddingTranslation } from '../dialects/embedding-dialect.ts'
import { filterAnswer } from '../streams/answer-filter.ts'
import type { Translation } from '../streams/translated-stream.ts'

export interface ReadAnswer {
  readonly body: string
  readonly usage: Usage | undefined
  readonly textBytes: number
  /** What the model wrote. */
  readonly parts: readonly AssistantPart[]
}

/** Undefined where the bytes are no answer, or a filter leaves none. */
export function readChatAnswer(
  bytes: Buffer,
  { inbound, upstream, printed, facts, filters }: Omit<Translation, 'errors'>,
): ReadAnswer | undefined {
  return unlessTooDeep(undefined, () => {
    const value = tryParseExact(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const answer = upstream.parseAnswer(value as JsonObject, printed)
    if (answer === undefined) return undefined
    const restored = isRewritten(printed) ? restoreAnswer(answer, printed) : answer
    const told = filterAnswer(filters, restored)
    if (told === undefined) return undefined
    const { usage } = answer
    const textBytes = usage === undefined ? answerBytes(told) : 0
    return { body: inbound.printAnswer(told, facts), usage, textBytes, parts: told.choices[0]?.parts ?? [] }
  })
}

/** Undefined where the bytes are not one vector for each text. */
export function readEmbeddings(
  bytes: Buffer,
  { inbound, upstream, asked, printed }: Omit<EmbeddingTranslation, 'dialect'>,
): ReadAnswer | undefined {
  const value = tryParseExact(bytes.toString('utf8'))
  if (!isObject(value)) return undefined
  const answer = upstream.parseAnswer(value, printed)
  if (answer?.vectors.length !== asked.inputs || !answer.vectors.every(isVector)) return undefined
  const usage = answer.inputTokens === undefined ? undefined : usageOf({ input: answer.inputTokens })
  return { body: inbound.printAnswer(answer, asked), usage, textBytes: 0, parts: [] }
}

/** Whether a vector can be printed anew, which a nested list or a number beyond a double's range cannot. */
function isVector(vector: readonly unknown[]): boolean {
  return vector.every((value) => typeof value === 'number')
}
