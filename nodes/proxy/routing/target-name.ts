/** Identifies a target: the model that callers name, and the provider and model that its requests go to. */
export interface TargetName {
  readonly model: string
  readonly provider: string
  /** The model's name at the provider. */
  readonly target: string
}
