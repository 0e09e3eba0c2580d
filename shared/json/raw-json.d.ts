// ECMAScript's JSON.parse source text access, which Node has and TypeScript's library does not describe yet.
interface JSON {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): object
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
}
