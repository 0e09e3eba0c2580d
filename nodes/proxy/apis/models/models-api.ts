// Lists of models, in the shape of the API that the caller reads.
import type { Settlement } from '../../accounting/settle.ts'
import type { AuthenticatedRequest } from '../../request/authenticated-request.ts'
import { modelAccessError } from '../../request/model-access.ts'
import type { Api } from '../api.ts'
import { anthropicModelList, anthropicModelListing } from './anthropic-model-list.ts'
import { geminiModelList, geminiModelListing } from './gemini-model-list.ts'
import { modelList, modelListing } from './openai-model-list.ts'

export class ModelsApi implements Api {
  readonly #settlement: Settlement

  constructor(settlement: Settlement) {
    this.#settlement = settlement
  }

  answer(request: AuthenticatedRequest): void {
    const { model } = request.matched
    const denied = model === undefined ? undefined : modelAccessError([model], request)
    if (denied !== undefined) this.#settlement.reject(request, denied)
    else this.#settlement.answer(request, { body: JSON.stringify(listing(request)) })
  }
}

function listing({ snapshot, caller, operation, matched }: AuthenticatedRequest): object {
  const { model } = matched
  switch (operation.errors) {
    case 'openai':
      return model === undefined ? modelList(snapshot, caller) : modelListing(snapshot, model)
    case 'anthropic':
      return model === undefined ? anthropicModelList(snapshot, caller) : anthropicModelListing(snapshot, model)
    case 'gemini':
      return model === undefined ? geminiModelList(snapshot, caller) : geminiModelListing(snapshot, model)
  }
}
