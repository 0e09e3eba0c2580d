// Values by objects that do not last. The last one is at hand: most requests ask for what the one before has asked for.

export class RecentMap<Key extends object, Value extends object> {
  readonly #all = new WeakMap<Key, Value>()
  #lastKey: Key | undefined
  #last: Value | undefined

  get(key: Key): Value | undefined {
    if (key === this.#lastKey) return this.#last
    const found = this.#all.get(key)
    if (found !== undefined) this.#remember(key, found)
    return found
  }

  set(key: Key, value: Value): void {
    this.#all.set(key, value)
    this.#remember(key, value)
  }

  #remember(key: Key, value: Value): void {
    this.#lastKey = key
    this.#last = value
  }
}
