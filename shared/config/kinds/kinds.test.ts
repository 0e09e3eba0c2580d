// What holds for every kind because it is a row. A new kind is held to it as soon as its row stands in `kind.ts`.
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffChange } from '../diff.ts'
import { parseDocument } from '../document.ts'
import { isKnownChange } from '../events.ts'
import { applyEvent, emptyState, forkState } from '../fold.ts'
import { documentJsonSchema } from '../json-schema.ts'
import { parseSpec } from '../parse-spec.ts'
import { formatPath } from '../problem.ts'
import { publicChange, publicResources } from '../public-view.ts'
import { referencesOf } from '../references.ts'
import { maskOf, type SealedSecret } from '../sealed-secret.ts'
import { isSecretField, mapSecrets, publicSpec, resourceOfSecretOwner, secretOwner } from '../secret-fields.ts'
import { addRow, rowsOfState, stateFromJson, stateToJson } from '../snapshot.ts'
import { Gateway, problemsOf, tools } from '../test-config.ts'
import { byKind, type EnforcedKind, enforcedKinds, laterKinds, resourceKinds, type SpecOf } from './kind.ts'
import { providerPart } from './reference.ts'
import { kindRules } from './rules.ts'
import { exampleGateway, kindExamples } from './test-examples.ts'

const name = 'the-example'

/** A gateway that holds the example of the kind, last written. */
function given(kind: EnforcedKind): Gateway {
  const gateway = exampleGateway()
  expect(problemsOf(gateway.put(kind, name, kindExamples[kind].input))).toEqual([])
  return gateway
}

function specOf(gateway: Gateway, kind: EnforcedKind): SpecOf[EnforcedKind] {
  const spec = gateway.state.resources[kind].get(name)?.spec
  if (spec === undefined) throw new Error(`${kind} did not keep the example`)
  return spec
}

describe.each(enforcedKinds)('of the kind %s', (kind) => {
  const { input, changed, references, secrets } = kindExamples[kind]
  const singular = resourceKinds[kind]

  test('a resource is set and deleted by events with its own words', () => {
    const gateway = given(kind)
    gateway.delete(kind, name)
    const types = gateway.events.slice(-2).map(({ event }) => event.type)
    expect(types).toEqual([`${singular}-set`, `${singular}-deleted`])
    expect([...types, `${singular}-renamed`].map(isKnownChange)).toEqual([true, true, false])
    expect(gateway.state.resources[kind].has(name)).toBe(false)
  })

  test('the fold replays what was written, and a fork leaves the state before alone', () => {
    const gateway = given(kind)
    const replayed = emptyState()
    for (const { event, hash } of gateway.events) applyEvent(replayed, event, hash)
    expect(stateToJson(replayed)).toEqual(stateToJson(gateway.state))
    expect(replayed.resources[kind].get(name)).toMatchObject({ revision: gateway.events.length, origin: 'api' })
    const before = forkState(gateway.state)
    gateway.delete(kind, name)
    expect(before.resources[kind].has(name)).toBe(true)
  })

  test('a snapshot and its rows give the state back', () => {
    const { state } = given(kind)
    const json = JSON.parse(JSON.stringify(stateToJson(state)))
    const read = stateFromJson(json)
    expect(read.ok && stateToJson(read.value)).toEqual(json)
    const filled = emptyState()
    expect([...rowsOfState(state)].every((row) => addRow(filled, row))).toBe(true)
    expect(filled.resources[kind].get(name)).toEqual(state.resources[kind].get(name))
  })

  test('a diff tells what is made, altered and deleted', () => {
    const gateway = given(kind)
    const isMade = diffChange(exampleGateway().state, gateway.events.at(-1)?.event.change)
    expect(isMade).toMatchObject([{ kind, name, action: 'create' }])
    expect(isMade[0]?.fields.length).toBeGreaterThan(0)
    const before = forkState(gateway.state)
    gateway.put(kind, name, { ...input, [changed.field]: changed.to })
    expect(diffChange(before, gateway.events.at(-1)?.event.change)).toEqual([
      {
        kind,
        name,
        action: 'update',
        fields: [{ path: changed.field, before: input[changed.field], after: changed.to }],
      },
    ])
    const current = forkState(gateway.state)
    gateway.delete(kind, name)
    expect(diffChange(current, gateway.events.at(-1)?.event.change)).toEqual([
      { kind, name, action: 'delete', fields: [] },
    ])
  })

  test('a reference that nobody bears is a problem at its place', () => {
    const dangling = problemsOf(new Gateway().put(kind, name, input)).filter((text) => text.includes('there is no '))
    expect(dangling.map((text) => text.slice(0, text.indexOf(': ')))).toEqual(
      references.map((path) => `${kind}.${name}.${path}`),
    )
  })

  test('what it refers to cannot be deleted', () => {
    const gateway = given(kind)
    const found = referencesOf(kind, name, specOf(gateway, kind))
    expect(found.map(({ path }) => formatPath(path.slice(2)))).toEqual(references)
    for (const { to, name: borne, path } of found) {
      const isModel = to === 'any-model' && gateway.state.resources.models.has(borne)
      const bearer = isModel ? 'models' : to === 'any-model' ? 'providers' : to
      const [problem] = problemsOf(gateway.delete(bearer, bearer === 'providers' ? 'up' : borne))
      expect(problem).toMatch(/cannot be deleted: still used by /)
      expect(problem).toContain(formatPath(path))
    }
  })

  test('the quick look for what was deleted overlooks no reference', () => {
    const gateway = given(kind)
    const spec = specOf(gateway, kind) as never
    for (const { to, name: borne } of referencesOf(kind, name, spec)) {
      const bearers: [EnforcedKind, string][] =
        to === 'any-model'
          ? [
              ['models', borne],
              ['providers', providerPart(borne)],
            ]
          : [[to, borne]]
      for (const [bearer, one] of bearers.filter(([, gone]) => gone !== '')) {
        const deleted = byKind(() => new Set<string>())
        deleted[bearer].add(one)
        expect(kindRules[kind].mayMention?.(spec, deleted)).not.toBe(false)
      }
    }
  })

  test('secrets rest sealed under its own data key and are shown as masks', () => {
    const gateway = given(kind)
    const stored: [string, SealedSecret][] = []
    mapSecrets<EnforcedKind, SealedSecret, undefined>(kind, specOf(gateway, kind) as never, (secret, { path }) => {
      stored.push([formatPath(path), secret])
      expect(isSecretField(kind, path)).toBe(true)
      return undefined
    })
    const sealed = ([path, plain]: [string, string]) => [path, tools.seal(`${singular}:${name}`, plain)]
    expect(stored).toEqual(Object.entries(secrets).map(sealed))
    const change = gateway.events.at(-1)?.event.change
    if (change === undefined) throw new Error('nothing was written')
    const everything = [
      publicResources(gateway.state),
      publicChange(change),
      diffChange(exampleGateway().state, change),
    ]
    for (const shown of everything.map((one) => JSON.stringify(one))) {
      expect(shown).not.toContain('$sealed')
      for (const [, secret] of stored) expect(shown).toContain(maskOf(secret))
    }
    expect(secretOwner(kind, name)).toBe(`${singular}:${name}`)
    expect(resourceOfSecretOwner(`${singular}:${name}`)).toEqual(stored.length === 0 ? undefined : { kind, name })
  })

  test('every secret that its rules name is masked', () => {
    const places: string[] = []
    const filled = filledWith(kindRules[kind].secrets, '', places)
    expect(publicSpec(kind, filled as never)).toEqual(filledWith(kindRules[kind].secrets, '…hint'))
    const walked: string[] = []
    mapSecrets(kind, filled as never, (_, { slot }) => walked.push(slot))
    expect(walked).toEqual(places)
  })

  test('what is shown is written back without a change, and one field of it changes nothing else', () => {
    const gateway = given(kind)
    const before = specOf(gateway, kind)
    const shown = publicResources(gateway.state)[kind][name] as Record<string, unknown>
    expect(gateway.put(kind, name, shown)).toEqual({ ok: true, value: undefined })
    gateway.put(kind, name, { ...shown, [changed.field]: changed.to })
    expect(specOf(gateway, kind)).toEqual({ ...before, [changed.field]: changed.to })
  })

  test('a misspelt field hides no reference', () => {
    const problems = problemsOf(new Gateway().put(kind, name, { ...input, zzz: 1 })).map((text) => text.split(': ')[0])
    expect(problems).toEqual(expect.arrayContaining(references.map((path) => `${kind}.${name}.${path}`)))
    expect(problems).toContain(`${kind}.${name}.zzz`)
  })

  test('whatever is written, the answer is a list of problems or a spec', () => {
    const junk = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(...Object.values(input)))
    const fields = fc.record(Object.fromEntries(Object.keys(input).map((field) => [field, junk])), { requiredKeys: [] })
    fc.assert(
      fc.property(fc.oneof(junk, fields), (written) => {
        const parsed = parseSpec(kind, name, written)
        expect(parsed.ok || parsed.problems.length > 0).toBe(true)
        expect(exampleGateway().put(kind, name, written).ok).toBeTypeOf('boolean')
      }),
      { numRuns: 50 },
    )
  })

  test('a document and its JSON Schema hold it', () => {
    const document = { [kind]: { [name]: input } }
    const isDocument = new Ajv2020({ strictTypes: false, allowUnionTypes: true }).compile(documentJsonSchema())
    expect([isDocument(document), isDocument.errors]).toEqual([true, null])
    expect(isDocument({ [kind]: { [name]: { ...input, zzz: 1 } } })).toBe(false)
    const parsed = parseDocument(JSON.stringify(document), { format: 'json' })
    expect(parsed.resources).toEqual([{ kind, name, input }])
  })

  test('a document of this machine takes its secrets from files and warns of plain text', () => {
    const text = JSON.stringify({ [kind]: { [name]: input } })
    const plain = parseDocument(text, { format: 'json', env: {} })
    expect(plain.warnings.map(({ path }) => path)).toEqual(Object.keys(secrets).map((at) => `${kind}.${name}.${at}`))
    const plains = Object.values(secrets)
    const inFiles = plains.reduce((all, secret, at) => all.replace(JSON.stringify(secret), `"file:/${at}"`), text)
    const readFile = (path: string) => `${plains[Number(path.slice(1))]}\n`
    const read = parseDocument(inFiles, { format: 'json', env: {}, readFile })
    expect(read).toMatchObject({ resources: [{ kind, name, input }], problems: [], warnings: [] })
  })
})

/** A spec of which nothing is known but its secrets; `places` receives their slots. */
function filledWith(fields: unknown, mask: string, places: string[] = [], slots: string[] = []): unknown {
  if (fields === true) {
    places.push(slots.join('/'))
    return mask === '' ? { $sealed: 'bytes', hint: 'hint' } : mask
  }
  if (Array.isArray(fields)) {
    const item = (one: string) => {
      const filled = filledWith(fields[0], mask, places, [...slots, one]) as object
      return { name: one, ...filled }
    }
    return [item('first'), item('second')]
  }
  return Object.fromEntries(
    Object.entries(fields as object).map(([field, inner]) => [
      field,
      filledWith(inner, mask, places, [...slots, field]),
    ]),
  )
}

test('the words that stand in logs already are known for ever', () => {
  const set = ['provider-set', 'model-set', 'team-set', 'user-set', 'app-set', 'slo-set']
  const deleted = ['provider-deleted', 'model-deleted', 'team-deleted', 'user-deleted', 'app-deleted', 'slo-deleted']
  expect(
    [...set, ...deleted, 'key-issued', 'key-rotated', 'key-revoked'].filter((type) => !isKnownChange(type)),
  ).toEqual([])
  expect(['change-set', 'key-set', 'providers-set', 'constructor'].filter(isKnownChange)).toEqual([])
})

test('a kind is enforced or later, and not both', () => {
  expect(laterKinds.filter((later) => Object.hasOwn(resourceKinds, later))).toEqual([])
})

/** Names of kinds that stand outside of this folder, with the reason. */
const namedOutside: Record<string, EnforcedKind[]> = {
  // An allow-list names models, or the models of a provider.
  'references.ts': ['providers', 'models'],
  // A key without an owner belongs to a team that is made for it.
  'keys/decide-keys.ts': ['teams'],
  // The first snapshots held these.
  'snapshot.ts': ['providers', 'models', 'teams', 'users', 'apps'],
  // The owners of keys.
  'keys/key-rules.ts': ['teams', 'users', 'apps'],
}

test('nothing outside of the folder of kinds names a kind', () => {
  const room = new URL('../', import.meta.url)
  const files = ['./', './keys/'].flatMap((folder) =>
    readdirSync(new URL(folder, room))
      .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|^test-/.test(file))
      .map((file) => `${folder.slice(2)}${file}`),
  )
  expect(files).toContain('fold.ts')
  const found = files.map((file) => [file, kindsNamedIn(readFileSync(new URL(file, room), 'utf8'))] as const)
  expect(Object.fromEntries(found.filter(([, kinds]) => kinds.length > 0))).toEqual(namedOutside)
})

/** The kinds that a source names: in a string, at the head of an event's type or as a map of a state. */
function kindsNamedIn(source: string): EnforcedKind[] {
  return enforcedKinds.filter((kind) => {
    const words = [`'${kind}'`, `'${resourceKinds[kind]}-(set|deleted)'`, `(resources|deleted|set)\\.${kind}\\b`]
    return new RegExp(words.join('|')).test(source)
  })
}
