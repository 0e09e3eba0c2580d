// The rim where the CLI's results become text. With `--json` every verb prints one JSON value on stdout and nothing else;
// what is meant for people goes to stderr or is coloured only on a terminal that wants it.

export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** Writes a part of something long as it is, and waits for the reader. */
  write(text: string): Promise<void>
  readonly colours: boolean
}

export interface Environment {
  readonly [name: string]: string | undefined
}

export function processTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
    write: (text) =>
      new Promise((resolve, reject) => {
        process.stdout.write(text, (error) => (error == null ? resolve() : reject(error)))
      }),
    colours: coloursWanted(process.env, process.stdout.isTTY === true),
  }
}

export function coloursWanted(environment: Environment, isTty: boolean): boolean {
  return isTty && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'
}

const codes = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 } as const

export function paint(terminal: Pick<Terminal, 'colours'>, colour: keyof typeof codes, text: string): string {
  return terminal.colours ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text
}

/** Columns as wide as their longest cell. Control characters are shown, not sent: names come from strangers. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const lines = [headings.map((heading) => heading.toUpperCase()), ...rows.map((row) => row.map(cell))]
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  return lines
    .map((line) =>
      line
        .map((text, i) => text.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return printable(text)
}

export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not reach a terminal
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
