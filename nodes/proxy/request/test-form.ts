// Forms for tests.
export interface TestPart {
  readonly name: string
  readonly content: string
  readonly filename?: string
  /** A further header line of the part. */
  readonly line?: string
}

export const boundary = 'b0und'
export const formType = `multipart/form-data; boundary=${boundary}`

export function testForm(parts: readonly TestPart[]): string {
  return `${parts.map(partOf).join('')}--${boundary}--\r\n`
}

function partOf({ name, content, filename, line }: TestPart): string {
  const file = filename === undefined ? '' : `; filename="${filename}"`
  const further = line === undefined ? '' : `\r\n${line}`
  return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${file}${further}\r\n\r\n${content}\r\n`
}
