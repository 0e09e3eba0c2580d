// The guards in the code that the promises rest on, each with an edit that removes it. A guard without which all worlds
// still keep their promises would not be needed, or the worlds would not test enough. `under` names the faults that the
// guard protects against, so that few worlds are needed to miss it.
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FaultName } from './faults/faults.ts'

interface Guard {
  under: readonly FaultName[]
  edits: readonly Edit[]
}

/** An edit: a file below `cluster/`, a text that occurs in it exactly once, and its replacement. */
type Edit = readonly [file: string, is: string, instead: string]

const codec = 'config-log/log/event-codec.ts'
const mirror = 'config-log/replication/mirror.ts'
const judge = 'config-log/replication/judge-stream.ts'
const append = 'config-log/replication/stream-append.ts'
const writer = 'config-log/writer/config-writer.ts'
const lease = 'leases/lease.ts'

export const guards = {
  'the hash of an event is checked': {
    under: ['message-flipped', 'folder-lost'],
    edits: [[codec, 'if (hashOf(stored.bytes) !== stored.hash)', 'if (false)']],
  },
  'the MAC of an event is checked': {
    under: ['event-forged'],
    edits: [
      [
        codec,
        'if (expected.macKey !== undefined && !isGenuine(stored, expected.macKey, expected.revision))',
        'if (false)',
      ],
      [codec, 'if (last === undefined || isGenuine(last, macKey, revision))', 'if (true)'],
    ],
  },
  'an event follows the one before it': {
    under: ['event-forged', 'paused'],
    edits: [[codec, 'if (event.prevHash !== expected.prevHash)', 'if (false)']],
  },
  'an event stands under its own command id': {
    under: ['event-forged', 'stream-rewound'],
    edits: [[codec, 'if (stored.commandId !== undefined && stored.commandId !== event.commandId)', 'if (false)']],
  },
  'a copy holds only what was proven': {
    under: ['event-forged'],
    edits: [
      [
        mirror,
        "if ('finding' in judged) return { events, finding: judged.finding }",
        "if ('finding' in judged) judged.event = { ...message, revision: message.sequence }",
      ],
    ],
  },
  'a stream that was here once is never made again': {
    under: ['stream-vanished'],
    edits: [[mirror, 'if (!this.#knowsNothing || mayCreate?.() !== true)', 'if (mayCreate === undefined)']],
  },
  'a cluster begins only where nobody holds anything': {
    under: ['stream-vanished', 'folder-lost'],
    edits: [['membership/first-boot.ts', 'if (!isNew || this.#others) return false', '']],
  },
  'a stream that ends before what others have is not gone on with': {
    under: ['stream-rewound', 'folder-lost'],
    edits: [['membership/revisions-heard.ts', 'else newest = Math.max(newest, revision)', '']],
  },
  'a stream that does not hold the newest event of the copy is refused': {
    under: ['stream-of-another-branch'],
    edits: [[mirror, 'if (head.revision === 0) return undefined', 'return undefined']],
  },
  'a stream with holes is refused': {
    under: ['message-lost'],
    edits: [[judge, 'if (messages !== lastSequence)', 'if (false)']],
  },
  'what looks wrong has to last before it is an alarm': {
    under: ['leader-behind'],
    edits: [
      ['config-log/replication/replication-status.ts', 'nowMs - this.#suspectSinceMs >= this.#confirmMs', 'true'],
    ],
  },
  'an acknowledgement that does not come says nothing': {
    under: ['acknowledgements-lost'],
    edits: [
      [
        append,
        "if (trouble.type === 'no-ack') job.mayBeStored = true",
        "if (trouble.type === 'no-ack') return refused({ type: 'unavailable', message: '' })",
      ],
    ],
  },
  'an event is published only after the one that it was made on': {
    under: ['paused', 'partitioned'],
    edits: [
      [
        append,
        "if (!opened.ok && opened.error.what === 'previous-hash') return { type: 'behind' }",
        'if (!opened.ok) return this.#publish(job)',
      ],
    ],
  },
  'an answer waits until the copy holds the event': {
    under: ['paused'],
    edits: [
      [
        append,
        "if (outcome.type === 'answer') return outcome.answer",
        "if (outcome.type === 'answer') return outcome.answer\n if (outcome.type === 'stored') return done(outcome)",
      ],
    ],
  },
  'an event whose acknowledgement is missing is looked for in the copy': {
    under: ['acknowledgements-lost'],
    edits: [
      [append, 'const stored = await this.#options.copy.find(event.commandId)', 'const stored = done(undefined)'],
    ],
  },
  'what may be stored is never refused': {
    under: ['acknowledgements-lost', 'setting-ignored', 'disk-full'],
    edits: [[writer, 'job.answer(fail(job.isUnknown ? unknown(job) : refusal))', 'job.answer(fail(refusal))']],
  },
  'what was decided on top of something that did not come to be is void': {
    under: ['paused', 'no-leader'],
    edits: [[writer, '} else if (broken) {', '} else if (false) {']],
  },
  'an answer waits until its follower has folded it': {
    under: ['acknowledgements-lost', 'partitioned', 'log-flipped'],
    edits: [[writer, 'const isProven = follower.status.revision >= revision', 'const isProven = true']],
  },
  'the other witnesses are weighed when the log is short': {
    under: ['log-forgets', 'log-put-back', 'backup-taken'],
    edits: [
      [
        'config-log/log/examine-log.ts',
        'const highWater = Math.max(mark?.revision ?? 0, copy?.revision ?? 0)',
        'const highWater = 0',
      ],
      [
        'config-log/log/examine-log.ts',
        'if (known === undefined || known.revision === 0) return undefined',
        'return undefined',
      ],
    ],
  },
  'a last good copy that is older than the mark is not served': {
    under: ['log-mangled', 'log-flipped', 'copy-flipped'],
    edits: [['config-log/follower/boot.ts', 'if (best.revision < floor) {', 'if (false) {']],
  },
  'the MAC of the last good copy is checked': {
    under: ['copy-flipped'],
    edits: [
      [
        'config-log/follower/state-file.ts',
        "if (!sameMac(content.toString('utf8', 0, end + 1), expected)) return undefined",
        '',
      ],
    ],
  },
  'the high-water mark is synced': {
    under: ['power-cut'],
    edits: [['config-log/log/high-water.ts', 'file.syncData()', '']],
  },
  'the newer slot of the high-water mark counts': {
    under: ['killed', 'power-cut', 'log-forgets'],
    edits: [
      ['config-log/log/high-water.ts', 'return first.revision >= second.revision ? first : second', 'return first'],
    ],
  },
  'a state is forked before it is folded on': {
    under: ['killed'],
    edits: [
      [
        'config-log/follower/follower.ts',
        'const next = forkState(this.#state ?? emptyState())',
        'const next = this.#state ?? emptyState()',
      ],
    ],
  },
  'a lease is taken over only after its whole patience': {
    under: ['paused', 'partitioned'],
    edits: [[lease, 'nowMs - sinceMs >= this.#times.patienceMs', 'true']],
  },
  'a lease is believed from when its write was sent': {
    under: ['foul-weather', 'server-paused'],
    edits: [
      [lease, 'sequence: outcome.sequence, sinceMs: sentMs }', 'sequence: outcome.sequence, sinceMs: nowMs + 1_500 }'],
    ],
  },
  'a lease ends by the clock of its holder': {
    under: ['partitioned', 'paused'],
    edits: [[lease, 'nowMs - held.sinceMs < this.#times.durationMs ? held.epoch', 'true ? held.epoch']],
  },
  'a lease is written only over what was seen': {
    under: ['paused', 'killed'],
    edits: [
      ['leases/lease-table.ts', 'if ((this.#records.get(name)?.sequence ?? 0) !== expected) return undefined', ''],
    ],
  },
  'each holder of a lease has a higher epoch': {
    under: ['killed', 'paused'],
    edits: [
      [
        lease,
        'const epoch = Math.max((record?.epoch ?? 0) + 1, this.#epochKnown + 1, Math.floor(wallMs / 1_000))',
        'const epoch = record?.epoch ?? 1',
      ],
    ],
  },
} as const satisfies Record<string, Guard>

export type GuardName = keyof typeof guards

/** Removes a guard from the modules that are loaded from now on. */
export function takeAway(name: GuardName): void {
  const edits: readonly Edit[] = guards[name].edits
  const texts = new Map<string, string>()
  for (const [file, is, instead] of edits) {
    const url = new URL(`../${file}`, import.meta.url).href
    const parts = (texts.get(url) ?? readFileSync(fileURLToPath(url), 'utf8')).split(is)
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${is}`)
    texts.set(url, parts.join(instead))
  }
  module.registerHooks({
    load(url, context, nextLoad) {
      const text = texts.get(url)
      if (text === undefined) return nextLoad(url, context)
      return { format: 'module', shortCircuit: true, source: module.stripTypeScriptTypes(text) }
    },
  })
}
