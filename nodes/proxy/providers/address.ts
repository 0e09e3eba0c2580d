// Parts of the address of a request at a provider.

export interface AddressParts {
  readonly basePath: string
  /** Of the request: '/chat/completions'. */
  readonly path: string
  /** The model's name at the provider. */
  readonly model: string
  readonly apiVersion: string | undefined
}
