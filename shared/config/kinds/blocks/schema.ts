import { z } from 'zod'
import { label, resourceName } from '../schema-fields.ts'
import { blockFields } from './spec.ts'

const keyIdCharactersMax = 128
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/
const noTime = 'expected a time such as 2030-01-31T12:00:00Z'
/** Longer names of users count as one. */
const userCharactersMax = 256
const headCharactersMax = 16_384
/** Users and sessions are named by callers: any text that a header holds. The HTTP parser drops what is not ASCII at its end. */
const callersName = z
  .string()
  .min(1)
  .regex(
    /^(?=\S).*[\x21-\x7e]$/,
    'expected a name as a header carries it: without blanks around it, and with a last character of ASCII',
  )

export const blockSchema = z.strictObject({
  match: z
    .strictObject({
      key: z.string().min(1).max(keyIdCharactersMax).exactOptional().describe('The id of a key.'),
      user: callersName.max(userCharactersMax).exactOptional().describe('Of the key, or as named in x-headgate-user.'),
      app: resourceName.exactOptional(),
      team: resourceName.exactOptional(),
      costCenter: label.exactOptional(),
      session: callersName.max(headCharactersMax).exactOptional().describe('As named in x-headgate-session-id.'),
    })
    .refine((match) => Object.keys(match).length > 0, `expected one of ${blockFields.join(', ')} at least`)
    .describe('What is rejected: requests to which all given fields apply.'),
  reason: label.exactOptional().describe('Told to rejected callers.'),
  until: z
    .string()
    .regex(timePattern, { error: noTime, abort: true })
    .refine((text) => z.iso.datetime({ offset: true }).safeParse(text).success, noTime)
    .exactOptional()
    .describe('When the block ends by itself.'),
})
