// ECMAScript's JSON.parse source text access: Node has it, TypeScript's library does not declare it yet.
interface JSON {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
}
