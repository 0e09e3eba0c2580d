// Lists of models, in the shape of the API that the caller reads.
import type { Settlement } from '../../accounting/settle.ts'
import { deploymentList as deploymentOperation } from '../../operations/gateway-operations.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { resolveModel } from '../../request/model-access.ts'
import type { Api } from '../api.ts'
import { anthropicModelList, anthropicModelListing } from './anthropic-model-list.ts'
import { deploymentList, deploymentListing } from './azure-deployment-list.ts'
import { geminiModelList, geminiModelListing } from './gemini-model-list.ts'
import { knownListing, knownListings } from './known-listing.ts'
import { modelList, modelListing } from './openai-model-list.ts'

export class ModelsApi implements Api {
  readonly #settlement: Settlement

  constructor(settlement: Settlement) {
    this.#settlement = settlement
  }

  answer(request: AuthenticatedRequest): void {
    const { model } = request.matched
    const resolved = model === undefined ? undefined : resolveModel(model, request)
    if (resolved?.ok === false) this.#settlement.reject(request, resolved.error)
    else this.#settlement.answer(request, { body: JSON.stringify(listing(request)) })
  }
}

const shapes = {
  openai: { list: modelList, one: modelListing },
  anthropic: { list: anthropicModelList, one: anthropicModelListing },
  gemini: { list: geminiModelList, one: geminiModelListing },
} as const
const deployments = { list: deploymentList, one: deploymentListing }

function listing({ snapshot, caller, operation, matched, receivedAtMs: atMs }: AuthenticatedRequest): object {
  const { model } = matched
  const { list, one } = operation === deploymentOperation ? deployments : shapes[operation.errors]
  if (model === undefined) return list(knownListings(snapshot, caller, atMs))
  return one(knownListing(snapshot, caller, { name: model, atMs }))
}
