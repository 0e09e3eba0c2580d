// What usage is told apart by, and what is counted.

export const usageDimensions = ['key', 'model', 'team', 'user', 'app', 'costCenter', 'provider'] as const
export type UsageDimension = (typeof usageDimensions)[number]

/** In the order in which they are stored and answered. */
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

/** What rows can be grouped by. */
export const usageGroups = [...usageDimensions, 'day', 'hour'] as const
export type UsageGroup = (typeof usageGroups)[number]
