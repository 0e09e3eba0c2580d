import type { ExitCode } from '../exit-code.ts'
import { refused, show, type VerbContext } from '../verb.ts'

/** Prints a fresh one-time link to the console. */
export async function open(context: VerbContext): Promise<ExitCode> {
  const link = await context.client.call({ method: 'POST', path: '/sign-in-links' })
  return link.ok ? show(context, link.value, () => String(link.value['url'])) : refused(context, link.error)
}
