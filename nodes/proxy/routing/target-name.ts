export interface TargetName {
  readonly model: string
  readonly provider: string
  /** The model's name at the provider. */
  readonly target: string
}
