// The guards that the promises rest on, each with what stands there when it is taken away. A guard without which all worlds
// still keep their promises would not be worth having, or worlds that do not need it would not be worth running.
import { readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

interface Guard {
  /** From `cluster/`. */
  file: string
  /** Stands there exactly once. */
  is: string
  instead: string
}

export const guards = {
  'the hash of an event is checked': {
    file: 'config-log/event-codec.ts',
    is: 'if (hashOf(stored.bytes) !== stored.hash)',
    instead: 'if (false)',
  },
  'the MAC of an event is checked': {
    file: 'config-log/event-codec.ts',
    is: 'if (!sameMac(stored.mac, macOf(stored.bytes, expected.macKey)))',
    instead: 'if (false)',
  },
  'an event follows the one before it': {
    file: 'config-log/event-codec.ts',
    is: 'if (event.prevHash !== expected.prevHash)',
    instead: 'if (false)',
  },
  'an event stands under its own command id': {
    file: 'config-log/event-codec.ts',
    is: 'if (stored.commandId !== undefined && stored.commandId !== event.commandId)',
    instead: 'if (false)',
  },
  'a copy holds only what was proven': {
    file: 'config-log/mirror.ts',
    is: "if ('finding' in judged) return { events, finding: judged.finding }",
    instead:
      "if ('finding' in judged) { events.push({ ...message, revision: message.sequence }); head = events.at(-1); continue }",
  },
  'a stream that was here once is never made again': {
    file: 'config-log/mirror.ts',
    is: 'if (!this.#knowsNothing || mayCreate?.() !== true) return facts',
    instead: 'if (mayCreate === undefined) return facts',
  },
  'a stream that ends before the copy is refused': {
    file: 'config-log/judge-stream.ts',
    is: 'if (lastSequence < Math.max(copyRevision, elsewhere))',
    instead: 'if (false)',
  },
  'the newest event of the copy is compared with the stream': {
    file: 'config-log/mirror.ts',
    is: 'if (head.revision === 0) return undefined',
    instead: 'return undefined',
  },
  'a stream with holes is refused': {
    file: 'config-log/judge-stream.ts',
    is: 'if (messages !== lastSequence)',
    instead: 'if (false)',
  },
  'what looks wrong has to last before it is an alarm': {
    file: 'config-log/replication-status.ts',
    is: 'nowMs - this.#suspectSinceMs >= this.#confirmMs',
    instead: 'true',
  },
  'an acknowledgement that does not come says nothing': {
    file: 'config-log/stream-append.ts',
    is: "if (trouble.type === 'no-ack') job.mayBeStored = true",
    instead: "if (trouble.type === 'no-ack') return refused({ type: 'unavailable', message: '' })",
  },
  'an event is published only after the one that it was made on': {
    file: 'config-log/stream-append.ts',
    is: "if (!opened.ok && opened.error.what === 'previous-hash') return { type: 'behind' }",
    instead: 'if (!opened.ok) return this.#publish(job)',
  },
  'an answer waits until the copy holds the event': {
    file: 'config-log/stream-append.ts',
    is: "if (outcome.type === 'answer') return outcome.answer",
    instead:
      "if (outcome.type === 'answer') return outcome.answer; if (outcome.type === 'stored') return done({ revision: outcome.revision, duplicate: false })",
  },
  'an event whose acknowledgement is missing is looked for in the copy': {
    file: 'config-log/stream-append.ts',
    is: 'const stored = await this.#options.copy.find(event.commandId)',
    instead: 'const stored = done(undefined)',
  },
  'what may be stored is never refused': {
    file: 'config-log/config-writer.ts',
    is: 'job.answer(fail(job.isUnknown ? unknown(job) : refusal))',
    instead: 'job.answer(fail(refusal))',
  },
  'what may be stored is looked for before it is decided again': {
    file: 'config-log/config-writer.ts',
    is: 'const stored = job.mayBeStored ? await this.#options.log.find(job.commandId) : done(undefined)',
    instead: 'const stored = done(undefined)',
  },
  'what was decided on top of something that did not come to be is void': {
    file: 'config-log/config-writer.ts',
    is: '} else if (broken) {',
    instead: '} else if (false) {',
  },
  'an answer waits until its follower has folded it': {
    file: 'config-log/config-writer.ts',
    is: 'const isProven = follower.status.revision >= revision',
    instead: 'const isProven = true',
  },
  'the high-water mark is weighed at boot': {
    file: 'config-log/follower.ts',
    is: "const mark: MarkFinding = highWater?.read() ?? { type: 'absent' }",
    instead: "const mark: MarkFinding = { type: 'absent' }",
  },
  'the last good copy is weighed at boot': {
    file: 'config-log/examine-log.ts',
    is: 'const highWater = Math.max(examination.mark?.revision ?? 0, examination.copy?.revision ?? 0)',
    instead: 'const highWater = 0',
  },
  'a last good copy that is older than the mark is not served': {
    file: 'config-log/boot.ts',
    is: 'if (best.revision < floor) {',
    instead: 'if (false) {',
  },
  'the MAC of the last good copy is checked': {
    file: 'config-log/last-good.ts',
    is: 'if (!sameMac(content.slice(0, end), JSON.stringify(expected))) return undefined',
    instead: '',
  },
  'the MAC of the high-water mark is checked': {
    file: 'config-log/high-water.ts',
    is: 'return sameMac(slot, this.#encode({ revision, hash })) ? { revision, hash } : undefined',
    instead: 'return { revision, hash }',
  },
  'the high-water mark is synced': { file: 'config-log/high-water.ts', is: 'file.syncData()', instead: '' },
  'the newer slot of the high-water mark counts': {
    file: 'config-log/high-water.ts',
    is: 'return first.revision >= second.revision ? first : second',
    instead: 'return first',
  },
  'a small file is synced before it gets its name': {
    file: 'data-folder/atomic-file.ts',
    is: '    file.write(bytes)\n    file.sync()\n',
    instead: '    file.write(bytes)\n',
  },
  'a state is forked before it is folded on': {
    file: 'config-log/follower.ts',
    is: 'const next = forkState(before)',
    instead: 'const next = before',
  },
  'a cluster begins only where nobody holds anything': {
    file: 'membership/first-boot.ts',
    is: 'if (!isNew || this.#others) return false',
    instead: '',
  },
  'revisions that others have are heard of': {
    file: 'membership/revisions-heard.ts',
    is: 'else newest = Math.max(newest, revision)',
    instead: '',
  },
} as const satisfies Record<string, Guard>

export type GuardName = keyof typeof guards

/** For modules that are loaded from now on. */
export function takeAway(name: GuardName): void {
  const { file, is, instead } = guards[name]
  const url = new URL(`../${file}`, import.meta.url).href
  module.registerHooks({
    load(loaded, context, nextLoad) {
      if (loaded !== url) return nextLoad(loaded, context)
      const parts = readFileSync(fileURLToPath(url), 'utf8').split(is)
      if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${is}`)
      return { format: 'module', shortCircuit: true, source: module.stripTypeScriptTypes(parts.join(instead)) }
    },
  })
}
