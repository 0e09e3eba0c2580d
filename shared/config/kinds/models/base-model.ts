// `baseModel` of a target names a model of the catalogue. One that does not exist would be a price of nothing, silently.
import { catalogueModel, catalogueNames } from '../../../models/catalogue.ts'
import { didYouMean } from '../../nearest.ts'

export function baseModelProblem(text: string): string | undefined {
  const slash = text.indexOf('/')
  if (slash > 0 && catalogueModel(text.slice(0, slash), text.slice(slash + 1)) !== undefined) return undefined
  return `"${text.slice(0, 64)}" is not in the model catalogue${didYouMean(text, catalogueNames())}`
}
