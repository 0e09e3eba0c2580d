/** What the address of a request at a provider is made of. */
export interface AddressParts {
  readonly basePath: string
  /** Path of the request in its dialect: '/chat/completions'. */
  readonly path: string
  /** The model's name at the provider. */
  readonly model: string
  readonly apiVersion: string | undefined
}
