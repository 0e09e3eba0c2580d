// What a snippet is, and how text is written in it. Endpoint, key and model come from outside, so each is written as a literal of the
// language it lands in; a quote in a model's name must not break out of the string.

export interface Target {
  /** Origin of the data plane, without `/v1`. */
  endpoint: string
  key: string
  model: string
}

export interface Snippet {
  id: string
  label: string
  /** What to install first; '' when nothing. */
  install: string
  text: string
}

/** A POSIX shell word: in single quotes nothing is special but the quote itself. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** A JSON string is a valid literal in JavaScript, Python and TOML. */
export function literal(text: string): string {
  return JSON.stringify(text)
}
