import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { systemClock } from '../../../shared/clock.ts'
import type { ConfigState } from '../../../shared/config/state.ts'
import { done, fail } from '../../../shared/result.ts'
import type { ConfigLog } from '../log/config-log.ts'
import { MemoryLog, MemoryLogStorage } from '../log/memory-log.ts'
import { appendForeign, bootRig, setTeam, teamSet } from './log-rig.ts'

/** Makes a command that refuses a taken name: its decision depends on the state. */
function createTeam(name: string) {
  const decide = (state: ConfigState) =>
    state.resources.teams.has(name) ? fail({ type: 'taken' as const }) : done(teamSet(name))
  return { actor: 'test', reason: '', decide }
}

test('a write is folded by the time it is answered', async () => {
  const { writer, follower } = await bootRig({ log: new MemoryLog() })
  expect(await writer.write(setTeam('a'))).toEqual({ ok: true, value: { revision: 1, changed: true } })
  expect(follower.state?.resources.teams.get('a')?.revision).toBe(1)
})

test('of 20 parallel writers of one name one wins and 19 are refused by their own rule', async () => {
  const { writer } = await bootRig({ log: new MemoryLog() })
  const answers = await Promise.all(Array.from({ length: 20 }, () => writer.write(createTeam('a'))))
  expect(answers.filter((answer) => answer.ok)).toEqual([{ ok: true, value: { revision: 1, changed: true } }])
  expect(answers.filter((answer) => !answer.ok && answer.error.type === 'taken').length).toBe(19)
})

test('of two writers on one log nothing is lost, and each decides on what the other did', async () => {
  const storage = new MemoryLogStorage()
  const rigs = await Promise.all([1, 2].map(() => bootRig({ log: new MemoryLog(storage) })))
  const names = Array.from({ length: 30 }, (_one, index) => `team-${index % 15}`)
  const answers = await Promise.all(names.map((name, index) => rigs[index % 2]!.writer.write(createTeam(name))))
  const written = answers.flatMap((answer) => (answer.ok ? [answer.value.revision] : []))
  expect(written.length).toBe(15)
  expect(new Set(written).size).toBe(15)
  expect(storage.events.length).toBe(15)
})

test('a decision that needs no change writes no event', async () => {
  const { writer } = await bootRig({ log: new MemoryLog() })
  await writer.write(setTeam('a'))
  const nothing = { actor: 'test', reason: '', decide: () => done(undefined) }
  expect(await writer.write(nothing)).toEqual({ ok: true, value: { revision: 1, changed: false } })
})

test('the same command id answers what the first one did, without being decided again', async () => {
  const { writer, log } = await bootRig({ log: new MemoryLog() })
  const command = { ...createTeam('a'), commandId: 'c1' }
  const answers = await Promise.all([writer.write(command), writer.write(command)])
  const later = await writer.write(command)
  expect(answers[0]).toEqual({ ok: true, value: { revision: 1, changed: true } })
  expect(later).toEqual(answers[0])
  expect(await log.head()).toMatchObject({ value: { revision: 1 } })
  expect(await writer.lookup('c1')).toMatchObject({ ok: true, value: { revision: 1 } })
  expect(await writer.lookup('c2')).toEqual({ ok: true, value: undefined })
})

/** Makes a command that needs its name in `made` before it is written. */
function needing(made: Set<string>, name: string, order: string[] = []) {
  const prepare = async () => {
    await nextTurn()
    order.push(name)
    made.add(name)
    return done(undefined)
  }
  const decide = () => (made.has(name) ? done(teamSet(name)) : fail({ type: 'unprepared' as const, prepare }))
  return { actor: 'test', reason: '', decide }
}

test('what a command lacks is made, and then it is decided again, in the order in which it came', async () => {
  const { writer, log } = await bootRig({ log: new MemoryLog() })
  const made = new Set(['there'])
  const order: string[] = []
  const commands = ['a', 'there', 'b', 'c'].map((name) => needing(made, name, order))
  const answers = await Promise.all([...commands, setTeam('d')].map((command) => writer.write(command)))
  expect(answers.map((answer) => answer.ok && answer.value.revision)).toEqual([1, 2, 3, 4, 5])
  expect(order).toEqual(['a', 'b', 'c'])
  expect(await log.head()).toMatchObject({ value: { revision: 5 } })
})

test('it is made only for a state that the log holds', async () => {
  const { writer, follower } = await bootRig({ log: new MemoryLog() })
  const seen: [decided: number, held: number][] = []
  let made = false
  const decide = ({ revision }: ConfigState) => {
    const prepare = async () => {
      seen.push([revision, follower.state?.revision ?? 0])
      made = true
      return done(undefined)
    }
    return made ? done(teamSet('b')) : fail({ type: 'unprepared' as const, prepare })
  }
  await Promise.all([writer.write(setTeam('a')), writer.write({ actor: 'test', reason: '', decide })])
  expect(seen).toEqual([[1, 1]])
})

test('where it cannot be made the command is refused, and those beside it are written', async () => {
  const { writer } = await bootRig({ log: new MemoryLog() })
  const refusal = { type: 'no-luck' as const }
  const decide = () => fail({ type: 'unprepared' as const, prepare: async () => fail(refusal) })
  const commands = [setTeam('a'), { actor: 'test', reason: '', decide }, setTeam('b')]
  const answers = await Promise.all(commands.map((command) => writer.write<unknown>(command)))
  expect(answers).toMatchObject([{ ok: true }, { ok: false, error: refusal }, { ok: true }])
})

test('a command that always lacks something gives up', async () => {
  const { writer } = await bootRig({ log: new MemoryLog() })
  const decide = () => fail({ type: 'unprepared' as const, prepare: async () => done(undefined) })
  expect(await writer.write({ actor: 'test', reason: '', decide })).toMatchObject({ error: { type: 'unavailable' } })
})

test('a writer who loses five times gives up', async () => {
  const log = new MemoryLog()
  // Another writer is always a little faster.
  const racing = overriding(log, {
    append: async (event, after) => {
      await appendForeign(log, { commandId: `faster-${after}` })
      return log.append(event, after)
    },
  })
  const { writer } = await bootRig({ log: racing })
  expect(await writer.write(setTeam('a'))).toMatchObject({ ok: false, error: { type: 'conflict' } })
  expect(await log.head()).toMatchObject({ value: { revision: 5 } })
})

test('a change larger than 512 KB is refused and those beside it are written', async () => {
  const { writer } = await bootRig({ log: new MemoryLog() })
  const large = Array.from({ length: 6_000 }, (_one, index) => teamSet(`${'x'.repeat(60)}${index}`))
  const tooLarge = { ...setTeam('a'), decide: () => done({ type: 'change-set' as const, changes: large }) }
  const answers = await Promise.all([writer.write(setTeam('a')), writer.write(tooLarge), writer.write(setTeam('b'))])
  expect(answers).toMatchObject([{ ok: true }, { ok: false, error: { type: 'too-large' } }, { ok: true }])
})

test('an append without an answer is asked again under its id and stands once', async () => {
  const log = new MemoryLog()
  let lost = 1
  const lossy = overriding(log, {
    append: async (event, after) => {
      const answer = await log.append(event, after)
      return lost-- > 0 ? fail({ type: 'outcome-unknown' as const, commandId: event.commandId }) : answer
    },
  })
  const { writer } = await bootRig({ log: lossy })
  const answers = await Promise.all(['a', 'b', 'c'].map((name) => writer.write(createTeam(name))))
  expect(answers.map((answer) => answer.ok && answer.value.revision)).toEqual([1, 2, 3])
  expect(await log.head()).toMatchObject({ value: { revision: 3 } })
})

test('a command that is found in the log is folded by the time it is answered', async () => {
  const log = new MemoryLog()
  const { writer, follower } = await bootRig({ log })
  await appendForeign(log, { commandId: 'c1' })
  expect(await writer.write({ ...setTeam('a'), commandId: 'c1' })).toEqual({
    ok: true,
    value: { revision: 1, changed: true },
  })
  expect(follower.status.revision).toBe(1)
})

test('a command that is found in a log that does not verify is not vouched for', async () => {
  const log = new MemoryLog()
  await appendForeign(log, { commandId: 'c1', prevHash: '1'.repeat(64) })
  const { writer } = await bootRig({ log })
  const answer = await writer.write({ ...setTeam('a'), commandId: 'c1' })
  expect(answer).toEqual({ ok: false, error: { type: 'outcome-unknown', commandId: 'c1' } })
})

/** Makes a log that stores without an acknowledgement, and for a while does not say what it holds. */
function silentLog({ findsRefused }: { findsRefused: number }) {
  const log = new MemoryLog()
  const refusal = { type: 'unavailable', message: 'nobody answers' } as const
  return overriding(log, {
    append: async (event, after) => {
      await log.append(event, after)
      return fail({ type: 'outcome-unknown', commandId: event.commandId })
    },
    find: async (commandId) => (findsRefused-- > 0 ? fail(refusal) : log.find(commandId)),
  })
}

test('where an append may be stored and nobody can tell, it is asked until somebody can', async () => {
  const { writer } = await bootRig({ log: silentLog({ findsRefused: 2 }) })
  expect(await writer.write(setTeam('a'))).toEqual({ ok: true, value: { revision: 1, changed: true } })
})

test('what may be stored is never refused: its outcome is unknown', async () => {
  let nowMs = 0
  const clock = { ...systemClock, monotonicMs: () => (nowMs += 10_000) }
  const { writer } = await bootRig({ log: silentLog({ findsRefused: 1_000 }), clock })
  const answer = await writer.write(setTeam('a'))
  expect(answer).toMatchObject({ ok: false, error: { type: 'outcome-unknown', commandId: expect.any(String) } })
})

test('a full disk refuses what does not fit, and writing goes on by itself when there is room', async () => {
  const log = new MemoryLog()
  let full = true
  const append: ConfigLog['append'] = async (event, after) =>
    full ? fail({ type: 'full', message: 'no space' }) : log.append(event, after)
  const { writer, follower } = await bootRig({ log: overriding(log, { append }) })
  const refused = await Promise.all([writer.write(setTeam('a')), writer.write(setTeam('b'))])
  for (const answer of refused) expect(answer).toMatchObject({ ok: false, error: { type: 'full' } })
  expect(follower.state).toBeUndefined()
  full = false
  expect(await writer.write(setTeam('c'))).toEqual({ ok: true, value: { revision: 1, changed: true } })
})

test('a decision that throws is a bug of its caller alone', async () => {
  const { writer } = await bootRig({ log: new MemoryLog() })
  const throwing = {
    ...setTeam('a'),
    decide: () => {
      throw new Error('a bug')
    },
  }
  const answers = await Promise.allSettled([
    writer.write(setTeam('a')),
    writer.write(throwing),
    writer.write(setTeam('b')),
  ])
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

/** Returns `log` with some of its methods replaced. */
function overriding(log: ConfigLog, methods: Partial<ConfigLog>): ConfigLog {
  return {
    head: () => log.head(),
    append: (event, after) => log.append(event, after),
    read: (after, limit) => log.read(after, limit),
    find: (commandId) => log.find(commandId),
    watch: (wake) => log.watch(wake),
    close: () => log.close(),
    ...methods,
  }
}
