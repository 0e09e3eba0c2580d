// The words for the amount of reasoning that each family of models knows; a model refuses other words. A family is found by
// the model's name, whichever provider serves it.
import type { Effort } from '../chat/request.ts'

interface Family {
  readonly name: RegExp
  /** The words in rising order. The list is empty for models that reason, and take no word. */
  readonly words: readonly Effort[]
}

const lowToHigh: readonly Effort[] = ['low', 'medium', 'high']
const lowToXhigh: readonly Effort[] = ['low', 'medium', 'high', 'xhigh']
const mediumToXhigh: readonly Effort[] = ['medium', 'high', 'xhigh']
const noneToXhigh: readonly Effort[] = ['none', 'low', 'medium', 'high', 'xhigh']
const minimalToHigh: readonly Effort[] = ['minimal', 'low', 'medium', 'high']

/** The first family whose name fits counts. */
const families: readonly Family[] = [
  { name: /\bgpt-oss/, words: lowToHigh },
  { name: /\bo[134](-|$)/, words: lowToHigh },
  { name: /\bgpt-5\.[1-3]-chat/, words: ['medium'] },
  { name: /\bgpt-5-pro/, words: ['high'] },
  { name: /\bgpt-5\.[245]-pro/, words: mediumToXhigh },
  { name: /\bgpt-5\.1-codex-max/, words: lowToXhigh },
  { name: /\bgpt-5(\.1)?-codex/, words: lowToHigh },
  { name: /\bgpt-5\.[23]-codex/, words: lowToXhigh },
  { name: /\bgpt-5(-mini|-nano)?(-20\d\d-.*)?$/, words: minimalToHigh },
  { name: /\bgpt-5\.1(-20\d\d-.*)?$/, words: ['none', 'low', 'medium', 'high'] },
  { name: /\bgpt-5\.[245](-mini|-nano)?(-20\d\d-.*)?$/, words: noneToXhigh },
  { name: /\bclaude-opus-4-5/, words: lowToHigh },
  { name: /\bclaude-(opus|sonnet)-4-6/, words: ['low', 'medium', 'high', 'max'] },
  { name: /\bclaude-(opus-4-[7-9]|[a-z]+-[5-9]\b)/, words: ['low', 'medium', 'high', 'xhigh', 'max'] },
  { name: /\bgemini-2\.5-flash/, words: ['none', 'minimal', 'low', 'medium', 'high'] },
  { name: /\bgemini-(2\.5|3)/, words: minimalToHigh },
  { name: /\bgrok-3-mini/, words: ['low', 'high'] },
  // Source: xAI's guide "Reasoning": these answer the word with an error.
  { name: /\bgrok-(3|4|4-0709|4-latest|4(-1)?-fast.*|4\.20(-0309)?-(non-)?reasoning|code-fast.*)$/, words: [] },
  { name: /\bgrok-4\.5/, words: lowToHigh },
  { name: /\bgrok-4\.6/, words: lowToXhigh },
  { name: /\bsonar-/, words: minimalToHigh },
]

/** The words of a model; undefined for a family that is not known: it is sent what the caller says. */
export function effortWords(model: string): readonly Effort[] | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return families.find((family) => family.name.test(name))?.words
}
