// Lines of CSV (RFC 4180) that a spreadsheet takes as what they are.

/** A text cell. One that a spreadsheet would take for a formula begins with an apostrophe. */
export function textCell(text: string): string {
  const shown = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown
}

export function csvLine(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`
}
