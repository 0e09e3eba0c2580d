// The shapes of the admin API's answers, for OpenAPI and for the tests that hold every answer against it.
import { z } from 'zod'

export const revision = z.int().min(0)
const name = z.string()
const hash = z.string()

export const problemBody = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  problems: z
    .array(z.object({ path: z.string(), message: z.string(), line: z.int().optional(), column: z.int().optional() }))
    .optional(),
  commandId: z.string().optional(),
})

const changeSummary = z.object({
  kind: z.string(),
  name,
  action: z.enum(['create', 'update', 'delete']),
  fields: z.array(z.looseObject({ path: z.string() })).optional(),
})

export const writtenBody = z.object({ revision })
export const diffBody = z.object({ revision, dryRun: z.literal(true), changes: z.array(changeSummary) })
export const writtenOrDiff = z.union([diffBody, writtenBody])
export const appliedBody = z.object({ revision, dryRun: z.literal(true).optional(), changes: z.array(changeSummary) })

export const resourceBody = (spec: z.ZodType) => z.object({ name, spec, revision })
/** Beside the spec of a team, a user or an app. */
export const ownerIdShape = { id: z.string() }
export const listBody = (item: z.ZodType) => z.object({ items: z.array(item), next: z.string().optional() })

export const keyBody = z.object({
  id: z.string(),
  name,
  owner: z.record(z.string(), z.string()),
  prefix: z.string(),
  models: z.array(z.string()).optional(),
  expiresAt: z.string().optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  createdAt: z.string(),
  /** The old token of a rotation still counts until then. */
  previous: z.object({ until: z.string() }).optional(),
  revision,
})

export const issuedKeyBody = z.object({ id: z.string(), name, secret: z.string().optional(), revision })
export const rotatedKeyBody = z.object({
  id: z.string(),
  name,
  secret: z.string(),
  previous: z.object({ until: z.string() }).optional(),
  revision,
})

export const configBody = z.object({
  revision,
  hash,
  resources: z.record(z.string(), z.record(z.string(), z.unknown())),
})

export const eventsBody = z.object({
  events: z.array(
    z.object({
      revision,
      type: z.string(),
      at: z.string(),
      actor: z.string(),
      reason: z.string(),
      commandId: z.string(),
      data: z.unknown(),
      prevHash: hash,
      hash,
    }),
  ),
})

export const commandBody = z.object({ commandId: z.string(), outcome: z.literal('stored'), revision })

export const masterKeyBody = z.object({
  current: z.string(),
  accepted: z.array(z.string()),
  dataKeys: z.object({ total: z.int(), left: z.int() }),
  eventsLeftUpTo: z.int(),
  nodesBehind: z.array(z.string()),
  isDone: z.boolean(),
})
export const rewrappedBody = masterKeyBody.extend({ rewrapped: z.int() })

const bodyMemoryUse = z.object({
  bytes: z.number(),
  bytesMax: z.number(),
  refusals: z.object({ key: z.number(), team: z.number(), all: z.number() }),
})

export const nodesBody = z.object({
  nodes: z.array(
    z.object({
      name,
      role: z.string(),
      region: z.string(),
      revision,
      hash,
      lagMs: z.number(),
      draining: z.boolean(),
      version: z.string(),
      /** Time since the last heartbeat of the node. */
      ageMs: z.number(),
      /** False when it means something else by its revision than the log does. */
      agrees: z.boolean(),
      troubles: z.array(z.string()),
      /** Ids of the master keys that the node has: the first one signs and seals. */
      masterKeys: z.array(z.string()).optional(),
      load: z
        .looseObject({
          rssBytes: z.number(),
          /** The heap of the thread that serves, and its limit. */
          heapBytes: z.number().optional(),
          heapBytesMax: z.number().optional(),
          openRequests: z.number().optional(),
          eventLoopLagMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
        })
        .optional(),
      queues: z.record(z.string(), z.object({ length: z.number(), dropped: z.number() })),
      /** A proxy's rejected requests since its start, by error code. */
      refusals: z.record(z.string(), z.number()).optional(),
      unpriced: z.record(z.string(), z.number()).optional(),
      /** A proxy's memory for request bodies, and for what is made of them. Refusals are counted by whose part was used up. */
      bodyMemory: z.object({ bodies: bodyMemoryUse, parsed: bodyMemoryUse }).optional(),
      /** A proxy's requests beyond a limit since its start, by name of the limit and mode. */
      limits: z.record(z.string(), z.number()).optional(),
      /** What a proxy knows of the budgets that it spends of, by name. */
      budgets: z
        .record(
          z.string(),
          z.object({ limitUsd: z.number(), spentUsd: z.number(), leasedUsd: z.number(), rejected: z.number() }),
        )
        .optional(),
      /** Messages of other nodes that the process did not believe since its start. */
      refusedMessages: z.array(z.object({ channel: z.string(), kind: z.string(), count: z.number() })).optional(),
      /** Partitions of usage that the node keeps. Only an aggregator in a cluster has them. */
      usage: z
        .array(
          z.object({
            partition: z.int(),
            lagMs: z.number(),
            /** The epoch of its ownership, while it is the owner. */
            ownerEpoch: z.int().optional(),
            /** Nothing recorded since then is missing; absent while nothing was read. */
            completeSince: z.string().optional(),
          }),
        )
        .optional(),
    }),
  ),
})

/** Parts of a cluster's usage of which what is said is not of now. */
export const stale = z.array(z.object({ partition: z.int(), ageMs: z.number() })).optional()

/** What aggregators answer is passed on as it is. */
export const usageBody = z.looseObject({ rows: z.array(z.record(z.string(), z.unknown())), stale })
export const requestsBody = z.looseObject({ items: z.array(z.record(z.string(), z.unknown())), stale })
export const targetsBody = z.looseObject({ targets: z.array(z.record(z.string(), z.unknown())), stale })
export const explainBody = z.object({
  revision,
  candidates: z.array(
    z.object({
      model: z.string(),
      provider: z.string(),
      target: z.string(),
      weight: z.number(),
      fallbackIndex: z.int(),
    }),
  ),
  chosen: z.object({ provider: z.string(), target: z.string() }).optional(),
  why: z.string(),
  attempts: z.array(z.record(z.string(), z.unknown())),
})
export const opaqueBody = z.record(z.string(), z.unknown())

export const sessionBody = z.object({
  actor: z.string(),
  expiresAt: z.string(),
  dataEndpoint: z.string(),
  version: z.string(),
  demoKeyHint: z.string().optional(),
})

/** `csrf` has to come with the cookie, in `x-headgate-csrf`. */
export const openedSessionBody = sessionBody.extend({ csrf: z.string() })

export const linkBody = z.object({ url: z.string(), expiresAt: z.string() })
export const readinessBody = z.object({
  status: z.enum(['ok', 'degraded', 'unready']),
  /** With `?verbose`. */
  reasons: z.array(z.string()).optional(),
})
