// Models that have the Responses API alone: chat completions refuse them. A model is found by its name, so that the rule holds
// for names that are newer than the catalogue.

interface Rule {
  /** Parts of the catalogue whose providers serve the models so. */
  readonly places: readonly string[]
  readonly name: RegExp
}

/** Sources: `ResponsesModel` of openai 7.57 lists the models beyond `ChatModel`; the model pages of OpenAI say of every codex, pro
 *  and deep-research model that it is in the Responses API only, and Azure's say it of its deployments of them. */
const rules: readonly Rule[] = [
  { places: ['openai', 'azure'], name: /^(gpt-[a-z0-9.-]+-)?codex(-|$)/ },
  { places: ['openai', 'azure'], name: /^(gpt-[\d.]+|o\d)-pro(-20\d\d-\d\d-\d\d)?$/ },
  { places: ['openai', 'azure'], name: /^(gpt-[\d.]+|o\d)(-mini)?-deep-research(-|$)/ },
  { places: ['openai', 'azure'], name: /^computer-use-/ },
  { places: ['openai', 'azure'], name: /^gpt-[a-z0-9.-]*(cyber|rosalind|daybreak)(-|$)/ },
]

/** `place` is a part of the catalogue, `model` the name there. Undefined: nothing is known, or the model has other endpoints too. */
export function onlyEndpoint(place: string, model: string): 'responses' | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  const isKnown = rules.some((rule) => rule.places.includes(place) && rule.name.test(name))
  return isKnown ? 'responses' : undefined
}
