// Counts and distributions by name and labels: the form in which measurements are sent and merged. Merging only adds,
// so the order and the division among nodes do not matter, and the difference between two states is known.
import { decode, encode } from '@msgpack/msgpack'
import { Sketch } from './sketch.ts'

export type Labels = readonly string[]

interface Entry<Value> {
  labels: Labels
  value: Value
}

export class Measures {
  readonly #counts = new Map<string, Map<string, Entry<number>>>()
  readonly #sketches = new Map<string, Map<string, Entry<Sketch>>>()

  count(name: string, labels: Labels, value: number): void {
    const entries = entriesOf(this.#counts, name)
    const key = JSON.stringify(labels)
    const known = entries.get(key)
    if (known === undefined) entries.set(key, { labels, value })
    else known.value += value
  }

  /** `sketch` is copied. */
  distribution(name: string, labels: Labels, sketch: Sketch): void {
    const entries = entriesOf(this.#sketches, name)
    const key = JSON.stringify(labels)
    const known = entries.get(key) ?? { labels, value: new Sketch('wide') }
    known.value.merge(sketch)
    entries.set(key, known)
  }

  counts(name: string): Entry<number>[] {
    return [...(this.#counts.get(name)?.values() ?? [])]
  }

  distributions(name: string): Entry<Sketch>[] {
    return [...(this.#sketches.get(name)?.values() ?? [])]
  }

  find(name: string, labels: Labels): Sketch | undefined {
    return this.#sketches.get(name)?.get(JSON.stringify(labels))?.value
  }

  add(other: Measures): void {
    for (const [name, entries] of other.#counts) {
      for (const { labels, value } of entries.values()) this.count(name, labels, value)
    }
    for (const [name, entries] of other.#sketches) {
      for (const { labels, value } of entries.values()) this.distribution(name, labels, value)
    }
  }

  /** The difference to `before`; undefined when a value has decreased because counting restarted. */
  since(before: Measures): Measures | undefined {
    const added = new Measures()
    for (const [name, entries] of this.#counts) {
      for (const [key, { labels, value }] of entries) {
        const difference = value - (before.#counts.get(name)?.get(key)?.value ?? 0)
        if (difference < 0) return undefined
        added.count(name, labels, difference)
      }
    }
    for (const [name, entries] of this.#sketches) {
      for (const [key, { labels, value }] of entries) {
        const difference = value.since(before.#sketches.get(name)?.get(key)?.value)
        if (difference === undefined) return undefined
        added.distribution(name, labels, difference)
      }
    }
    return this.#holdsAllOf(before) ? added : undefined
  }

  encode(): Uint8Array {
    const counts = [...this.#counts].map(([name, entries]) => [name, [...entries.values()].map(pairOf)])
    const sketches = [...this.#sketches].map(([name, entries]) => [
      name,
      [...entries.values()].map(({ labels, value }) => [labels, value.encode()]),
    ])
    return encode([counts, sketches])
  }

  /** Throws for bytes of another form: they come from our own nodes. */
  static decode(bytes: Uint8Array): Measures {
    const measures = new Measures()
    const [counts, sketches] = decode(bytes) as [[string, [Labels, number][]][], [string, [Labels, Uint8Array][]][]]
    for (const [name, entries] of counts) for (const [labels, value] of entries) measures.count(name, labels, value)
    for (const [name, entries] of sketches) {
      for (const [labels, form] of entries) {
        const sketch = Sketch.decode(form)
        if (sketch !== undefined) measures.distribution(name, labels, sketch)
      }
    }
    return measures
  }

  #holdsAllOf(before: Measures): boolean {
    const has = <Value>(of: Map<string, Map<string, Value>>, name: string, key: string): boolean =>
      of.get(name)?.has(key) === true
    for (const [name, entries] of before.#counts) {
      for (const key of entries.keys()) if (!has(this.#counts, name, key)) return false
    }
    for (const [name, entries] of before.#sketches) {
      for (const key of entries.keys()) if (!has(this.#sketches, name, key)) return false
    }
    return true
  }
}

function entriesOf<Value>(of: Map<string, Map<string, Value>>, name: string): Map<string, Value> {
  const known = of.get(name)
  if (known !== undefined) return known
  const made = new Map<string, Value>()
  of.set(name, made)
  return made
}

function pairOf({ labels, value }: Entry<number>): [Labels, number] {
  return [labels, value]
}
