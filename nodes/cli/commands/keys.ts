// Virtual keys. A secret is printed once, alone on stdout, so that `KEY=$(headgate keys create ci)` works.
import type { ExitCode } from '../exit-code.ts'
import { refused, show, type VerbContext } from '../verb.ts'
import { keyColumns, list } from './get.ts'

export interface KeyOptions {
  team?: string
  user?: string
  app?: string
  models?: string
  expires?: string
  reason?: string
}

export async function createKey(context: VerbContext, name: string, options: KeyOptions): Promise<ExitCode> {
  const { team, user, app, models, expires } = options
  const owner = Object.fromEntries(Object.entries({ team, user, app }).filter(([, value]) => value !== undefined))
  const body = {
    name,
    ...(Object.keys(owner).length === 0 ? {} : { owner }),
    ...(models === undefined ? {} : { models: models.split(',') }),
    ...(expires === undefined ? {} : { expiresAt: expires }),
  }
  const issued = await context.client.call({ method: 'POST', path: '/keys', body, ...reasonOf(options) })
  return issued.ok ? showSecret(context, issued.value, 'made') : refused(context, issued.error)
}

export function listKeys(context: VerbContext): Promise<ExitCode> {
  return list(context, '/keys', keyColumns)
}

export async function rotateKey(
  context: VerbContext,
  id: string,
  options: { overlap?: string; reason?: string },
): Promise<ExitCode> {
  const body = options.overlap === undefined ? {} : { overlap: options.overlap }
  const path = `/keys/${encodeURIComponent(id)}:rotate`
  const rotated = await context.client.call({ method: 'POST', path, body, ...reasonOf(options) })
  return rotated.ok ? showSecret(context, rotated.value, 'rotated') : refused(context, rotated.error)
}

export async function revokeKey(context: VerbContext, id: string, options: { reason?: string }): Promise<ExitCode> {
  const path = `/keys/${encodeURIComponent(id)}`
  const revoked = await context.client.call({ method: 'DELETE', path, ...reasonOf(options) })
  return revoked.ok ? show(context, revoked.value, () => `revoked ${id}`) : refused(context, revoked.error)
}

function showSecret(context: VerbContext, key: Record<string, unknown>, what: string): ExitCode {
  if (!context.json) context.terminal.err(`key ${key['id']} ${what}; its secret is shown only now:`)
  return show(context, key, () => String(key['secret']))
}

function reasonOf(options: { reason?: string }): { reason?: string } {
  return options.reason === undefined ? {} : { reason: options.reason }
}
