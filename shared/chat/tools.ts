// Tools that a model may call, and formats of its answer.
import type { CacheMarker, Dialect, JsonObject } from './parts.ts'

export type Tool = FunctionTool | CustomTool | HostedTool

export interface FunctionTool {
  readonly type: 'function'
  readonly name: string
  readonly description?: string | undefined
  /** A JSON Schema; undefined when the caller gave none. */
  readonly parameters?: JsonObject | undefined
  readonly strict?: boolean | undefined
  readonly cache?: CacheMarker | undefined
}

/** A tool that takes free text instead of JSON. */
export interface CustomTool {
  readonly type: 'custom'
  readonly name: string
  readonly description?: string | undefined
  /** A grammar in OpenAI's format. */
  readonly format?: JsonObject | undefined
  readonly cache?: CacheMarker | undefined
}

/** A tool that the provider runs (web search, code execution …); only its own dialect can print it. */
export interface HostedTool {
  readonly type: 'hosted'
  readonly dialect: Dialect
  readonly name: string
  readonly value: JsonObject
}

/** A tool of a group, as its caller calls it. */
export interface GroupedName {
  readonly group: string
  readonly name: string
}

export type ToolChoice =
  | { readonly type: 'auto' }
  | { readonly type: 'none' }
  | { readonly type: 'required' }
  | { readonly type: 'tool'; readonly name: string }
  /** The choice of which only these tools may be called; `required`: one of them must be called. */
  | { readonly type: 'allowed'; readonly names: readonly string[]; readonly required: boolean }

export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json-object' }
  | {
      readonly type: 'json-schema'
      readonly name: string
      readonly schema: JsonObject
      readonly description?: string | undefined
      readonly strict?: boolean | undefined
    }
