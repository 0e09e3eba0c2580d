// Lines of CSV (RFC 4180) that a spreadsheet takes as what they are.

/** What a spreadsheet may take for a formula: also behind white space, and with the full-width forms that some read alike. */
const formula = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/u

/** A text cell. One that a spreadsheet would take for a formula begins with an apostrophe. */
export function textCell(text: string): string {
  const shown = formula.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown
}

export function csvLine(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`
}
