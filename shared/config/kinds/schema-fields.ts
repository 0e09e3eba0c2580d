// Fields that the schemas of several kinds share. zod stands here, in `schemas.ts` and in the `schema.ts` of each kind alone:
// in files that a proxy never loads.
import { z } from 'zod'
import { secretWeakness } from '../../secret-strength.ts'
import { parseDurationMs } from '../../units.ts'
import { isName, namePattern, nameRule } from '../names.ts'
import { isMask } from '../sealed-secret.ts'
import { priorities } from './owners/spec.ts'

const allowedModelsMax = 256
const labelsMax = 32
const labelCharactersMax = 256
const secretCharactersMax = 8_192
const weightMax = 1e6

/** The mark, in a schema's metadata and an issue's params, of fields that the JSON Schema leaves out. */
export const notEnforced = 'notEnforced'

export const resourceName = z.string().regex(namePattern, nameRule)

export const weight = z.number().positive().max(weightMax)

/** How requests wait for the quota of a provider. */
export const queueFields = {
  weight: weight.exactOptional().describe("The part in a provider's quota while others wait for it too. Default 1."),
  priority: z
    .literal([...priorities])
    .exactOptional()
    .describe("The class in which requests wait for a provider's quota. Default: that of the team, else normal."),
}

export const upstreamModel = z
  .string()
  .regex(/^[\x21-\x7e]{1,256}$/, "expected the provider's name of a model: up to 256 visible ASCII characters")

export const label = z
  .string()
  .max(labelCharactersMax)
  .refine((text) => text.trim() !== '' && !hasControlCharacters(text), 'expected text, without control characters')

export const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'a label has 1 to 64 of A-Z a-z 0-9 . _ -'), label)
  .refine((all) => Object.keys(all).length <= labelsMax, `expected at most ${labelsMax} labels`)

const allowedModel = z
  .string()
  .refine(
    (text) => isName(text.replace(/\/\*$/, '')),
    `${nameRule}; "provider/*" stands for all of a provider's models`,
  )

/** An allow-list of models. */
export const allowedModels = z
  .array(allowedModel)
  .max(allowedModelsMax)
  .exactOptional()
  .describe('Models allowed. Default: all.')

/** A secret in plain text, or the mask that keeps what is stored. */
export const secretText = z
  .string()
  .max(secretCharactersMax)
  .superRefine((text, context) => {
    const message = isMask(text) ? undefined : secretProblem(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** A secret that a person may have chosen. Those of providers are what the provider gave out. */
export const strongSecret = secretText.superRefine((text, context) => {
  const message = isMask(text) || secretProblem(text) !== undefined ? undefined : secretWeakness(text)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** A document of this machine has its variables and files filled in before it is validated: here they would be stored as they
 *  are written, and sent to a provider as its key. */
function secretProblem(text: string): string | undefined {
  if (text.startsWith('file:')) return 'file: is read only in a document of this machine: send the secret itself'
  if (/^\$\{[A-Za-z_]\w*(:-.*)?\}$/s.test(text)) {
    return 'variables are filled in only in a document of this machine: send the secret itself'
  }
  return /^[\x21-\x7e]+$/.test(text) ? undefined : 'expected a secret: visible ASCII without spaces'
}

export function duration(minMs: number, maxMs: number, maxText: string) {
  return z
    .string({ error: ({ input }) => withUnit(input) })
    .regex(/^\d{1,12}(\.\d{1,6})?(ms|s|m|h|d)$/, {
      error: ({ input }) => withUnit(input) ?? 'expected a duration such as 250ms, 30s, 10m, 24h or 30d',
    })
    .refine((text) => {
      const ms = parseDurationMs(text) ?? minMs // an ill-formed one has its own problem already
      return ms >= minMs && ms <= maxMs
    }, `expected a duration from ${minMs}ms to ${maxText}`)
}

function withUnit(input: unknown): string | undefined {
  if (typeof input !== 'number' && !(typeof input === 'string' && /^\d{1,12}(\.\d+)?$/.test(input))) return undefined
  return `a duration has a unit: write ${input}s for seconds or ${input}ms for milliseconds`
}

/** Says how a value of a wrong type is written. Absent values and unknown fields have sentences of their own. */
export function formAdvice(advice: (input: unknown) => string | undefined) {
  return ({ code, input }: z.core.$ZodRawIssue) =>
    code === 'invalid_type' && input !== undefined ? advice(input) : undefined
}

/** The mark, in a schema's metadata, of fields that exist only to be explained. */
export const misplacedField = 'misplacedField'

/** The fields around a misplaced one. */
export type Around = Readonly<Record<string, unknown>>

/** Fields that people write in a place where there are none, with what they should write. */
export function misplaced<Name extends string>(names: readonly Name[], advice: (around: Around) => string) {
  const refused = z.unknown().superRefine((_, context) => {
    context.addIssue({ code: 'custom', message: '', params: { advice } })
  }) as unknown as z.ZodType<never>
  const field = refused.exactOptional().meta({ [misplacedField]: true })
  return Object.fromEntries(names.map((name) => [name, field])) as Record<Name, typeof field>
}

/** Limits and budgets stand at their owner elsewhere. */
export const limitsOfOwner = misplaced(
  [
    ...[
      'budget',
      'budgets',
      'maxBudget',
      'max_budget',
      'budget_duration',
      'limit',
      'limits',
      'rateLimit',
      'rate_limit',
    ],
    ...['rpm', 'tpm', 'rpm_limit', 'tpm_limit', 'maxParallelRequests', 'max_parallel_requests'],
  ],
  () => 'limits and budgets are resources of their own: see limits and budgets, which name whom they count',
)

/** A field that the public surface names and this version does not enforce: nobody shall believe in what nothing enforces. No value passes, so its type is `never`. */
export function later(what: string) {
  const refused = z.unknown().superRefine((_, context) => addUnsupported(context, what)) as unknown as z.ZodType<never>
  return refused.meta({ [notEnforced]: true }).exactOptional()
}

/** A word of `all`; one that is not among `enforced` is unsupported, one that is not among `all` is a mistake. */
export function words<All extends string, Enforced extends All>(
  all: readonly All[],
  enforced: readonly Enforced[],
  what: (word: All) => string,
) {
  const isEnforced = (word: All): word is Enforced => enforced.some((known) => known === word)
  return z
    .literal([...all])
    .superRefine((word, context) => {
      if (!isEnforced(word)) addUnsupported(context, what(word))
    })
    .transform((word) => word as Enforced)
    .meta({ enum: [...enforced] })
}

function addUnsupported(context: z.RefinementCtx, what: string): void {
  context.addIssue({ code: 'custom', message: what, params: { [notEnforced]: true } })
}

function hasControlCharacters(text: string): boolean {
  return /\p{Cc}|\p{Cf}/u.test(text)
}
