// The words of records, which travel as their numbers here. New ones come last: older readers do not know them.
import type { BillableUnit } from '../usage/billable-units.ts'
import type { AttemptOutcome, AttemptSettlement, CacheStatus, RequestStatus } from './records.ts'

export const statuses = ['ok', 'refused', 'failed', 'client-aborted', 'cut'] as const satisfies RequestStatus[]
export const cacheStatuses = ['HIT', 'SEMANTIC_HIT', 'MISS', 'BYPASS'] as const satisfies CacheStatus[]
export const outcomes = [
  'ok',
  'http-error',
  'connect',
  'timeout',
  'reset',
  'protocol',
  'tls',
  'aborted',
  'auth',
] as const satisfies AttemptOutcome[]

export const settlements = [
  'reported',
  'estimated',
  'bound',
  'interrupted',
  'unpriced',
] as const satisfies AttemptSettlement[]

export const measureUnits = [
  'seconds',
  'images',
  'search-units',
  'characters',
  'bytes',
] as const satisfies BillableUnit[]
