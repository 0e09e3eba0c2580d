import { z } from 'zod'
import { urlProblem } from '../../egress.ts'
import { strongSecret } from '../schema-fields.ts'

const webhookUrl = z
  .string()
  .max(2_048)
  .superRefine((text, context) => {
    const problem = urlProblem(text)
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
  })

/** The receiver of messages: a URL, or a URL with the secret that signs them. */
export const webhookSchema = z.union([
  webhookUrl,
  z.strictObject({
    url: webhookUrl.describe('Stored readable, and never written to a log whole.'),
    secret: strongSecret.describe('A secret: the key of the HMAC-SHA256 over timestamp and body.'),
    allowPrivate: z.boolean().exactOptional().describe('Allows private addresses and plain http under strict egress.'),
  }),
])
