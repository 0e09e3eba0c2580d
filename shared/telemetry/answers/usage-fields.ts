// Dimensions and counters of usage.

export const usageDimensions = ['key', 'model', 'team', 'user', 'app', 'costCenter', 'provider'] as const
export type UsageDimension = (typeof usageDimensions)[number]

/** The counters, in the order in which they are stored and answered. */
export const usageCounters = [
  'requests',
  'errors',
  'rateLimited',
  'cacheHits',
  'fallbacks',
  'inputTokens',
  'outputTokens',
  'cachedTokens',
  'costNanoUsd',
  'savedNanoUsd',
] as const
export type UsageCounter = (typeof usageCounters)[number]

export const hourMs = 3_600_000
export const hoursPerDay = 24

/** The fields that rows can be grouped by. */
export const usageGroups = [...usageDimensions, 'day', 'hour'] as const
export type UsageGroup = (typeof usageGroups)[number]
