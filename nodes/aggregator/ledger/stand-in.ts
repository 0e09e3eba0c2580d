// What stands for the record of a request that is lost: its attempts are here, and their money counts.
import type { DecodedRequest } from '../../../shared/telemetry/decode.ts'
import type { AttemptRecord } from '../../../shared/telemetry/records.ts'

export function standInFor(attempts: readonly AttemptRecord[]): DecodedRequest | undefined {
  const last = attempts.at(-1)
  if (last === undefined) return undefined
  const { requestId, atMs, keyId, team, user, app, model, provider, target, stream, tokens } = last
  const record = {
    requestId,
    atMs,
    keyId,
    team,
    user,
    app,
    model,
    stream,
    tokens,
    route: '',
    status: 'failed' as const,
    httpStatus: 0,
    errorCode: '',
    costCenter: '',
    attempts: attempts.length,
    fallbackIndex: 0,
    cacheStatus: 'BYPASS' as const,
    estimated: false,
    costNanoUsd: attempts.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0),
    savedNanoUsd: 0,
    totalUs: 0,
    overheadUs: 0,
    ttftUs: 0,
    configRevision: 0,
  }
  return { type: 'request', record, provider, target, attempt: undefined }
}
