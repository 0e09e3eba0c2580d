// Chat completions: prints events as a stream for a caller. The part that all chunks share is printed once, so that a
// delta costs one JSON string and no object.
import { append } from '../../../../shared/append.ts'
import type {
  AnswerExtrasEvent,
  ChatEvent,
  ChoiceExtrasEvent,
  CitationEvent,
  FinishEvent,
  LogprobsEvent,
  PartDelta,
  PartEnd,
  SealedEvent,
  StartEvent,
  ToolInputStart,
} from '../../../../shared/chat/events.ts'
import type { Json, JsonObject, MediaPart, Sealed } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { joinedSeal } from '../common/sealed-parts.ts'
import { openAiTier } from '../common/service-tier.ts'
import type { PrintFacts, StreamPrinter } from '../dialect.ts'
import { printAnnotation, printSource } from '../openai/annotations.ts'
import { printLogprob } from './answer.ts'
import { ChoiceState } from './choice-state.ts'
import { printUsageWith } from './extras.ts'
import { printFinish } from './finish-reason.ts'
import { printImage } from './images.ts'
import { printDetails } from './reasoning.ts'
import { printSignature, printTextSignature } from './thought-signature.ts'
import { WaitingMembers } from './waiting-members.ts'

export class ChatStreamPrinter implements StreamPrinter {
  readonly #facts: PrintFacts
  readonly #legacy: boolean
  readonly #choices: ChoiceState[] = []
  /** The start of every chunk, up to its choices. */
  #head = ''
  #usage: Usage | undefined
  #usageExtras: JsonObject | undefined
  readonly #extras = new WaitingMembers()
  /** Waits for its signature, which stands in the same fragment: a client may read no later one. */
  #signedCall: ToolInputStart | undefined
  /** The finish of each choice, which is sent last: some hosts go on behind it. */
  readonly #finishes = new Map<number, FinishEvent>()

  constructor(facts: PrintFacts) {
    this.#facts = facts
    this.#legacy = facts.asked.legacyFunctions === true
  }

  print(event: ChatEvent): string {
    switch (event.type) {
      case 'text-delta':
        return this.#printText(event)
      case 'reasoning-delta':
        this.#state(event.choice).thought += event.text
        return this.#delta(event.choice, `"reasoning_content":${JSON.stringify(event.text)}`)
      case 'refusal-delta':
        return this.#delta(event.choice, `"refusal":${JSON.stringify(event.text)}`)
      case 'tool-input-delta':
        return this.#printInput(event)
      case 'start':
        this.#head = this.#headOf(event)
        return ''
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'end':
        return this.#printEnd()
      default:
        return this.#printPart(event)
    }
  }

  #printPart(event: ChatEvent): string {
    switch (event.type) {
      case 'text-start':
        this.#state(event.choice).openText()
        return ''
      case 'reasoning-start':
        this.#state(event.choice).openThought(event.id)
        return ''
      case 'reasoning-end':
        return this.#keepThoughtSeals(event)
      case 'text-end':
        return this.#closeText(event.choice)
      case 'tool-input-start':
        return this.#beginCall(event)
      default:
        return this.#printRare(event)
    }
  }

  #printRare(event: ChatEvent): string {
    switch (event.type) {
      case 'finish':
        this.#finishes.set(event.choice, event)
        return ''
      case 'signature':
      case 'encrypted':
        return this.#printSealed(event)
      case 'citation':
        this.#cite(event)
        return ''
      case 'part':
        return event.value.type === 'opaque' ? '' : this.#printMedia(event.choice, event.value)
      case 'answer-extras':
        return this.#keep(event)
      case 'choice-extras':
        return this.#keepOfChoice(event)
      case 'logprobs':
        return this.#printLogprobs(event)
      default:
        return ''
    }
  }

  #printText({ choice, text }: PartDelta): string {
    this.#state(choice).said(text.length)
    return this.#delta(choice, `"content":${JSON.stringify(text)}`)
  }

  #beginCall(call: ToolInputStart): string {
    if (call.signed !== true) return this.#printCall(call)
    this.#signedCall = call
    return ''
  }

  #printCall({ choice, part, id, name, form }: ToolInputStart, signature?: Sealed): string {
    const index = this.#state(choice).beginCall(part, form === 'custom')
    if (this.#legacy) {
      if (index > 0) return '' // the deprecated form has one call only
      return this.#delta(choice, `"function_call":{"name":${JSON.stringify(name)},"arguments":""}`)
    }
    const called = form === 'custom' ? { custom: { name, input: '' } } : { function: { name, arguments: '' } }
    const extra_content = printSignature(signature)
    return this.#delta(choice, `"tool_calls":${JSON.stringify([{ index, id, type: form, ...called, extra_content }])}`)
  }

  #printInput({ choice, part, text }: PartDelta): string {
    const { index, custom } = this.#state(choice).call(part)
    const input = JSON.stringify(text)
    if (this.#legacy) return index > 0 ? '' : this.#delta(choice, `"function_call":{"arguments":${input}}`)
    const called = custom ? `"custom":{"input":${input}}` : `"function":{"arguments":${input}}`
    return this.#delta(choice, `"tool_calls":[{"index":${index},${called}}]`)
  }

  #printSealed({ choice, part, sealed, type }: SealedEvent): string {
    const state = this.#state(choice)
    const signedCall = this.#signedCall
    this.#signedCall = undefined
    if (signedCall !== undefined) return this.#printCall(signedCall, sealed)
    if (state.hasCall(part)) return this.#printCallSignature(choice, state.call(part), sealed)
    const seals = state.inText ? state.textSeals : state.thoughtSeals
    seals[type] = joinedSeal(seals[type], sealed)
    return ''
  }

  /** Official clients keep only the last details, so the text is repeated in them, and parts that follow one another are told
   *  together. */
  #keepThoughtSeals({ choice, part }: PartEnd): string {
    const { thought: text, thoughtId: id, thoughtSeals: seals, details } = this.#state(choice)
    append(details, printDetails([{ type: 'reasoning', text, id, ...seals }], part) ?? [])
    return ''
  }

  #printDetails(choice: number, { details }: ChoiceState): string {
    if (details.length === 0) return ''
    return this.#delta(choice, `"reasoning_details":${JSON.stringify(details.splice(0))}`)
  }

  #closeText(choice: number): string {
    const state = this.#state(choice)
    const extra = printTextSignature(state.textSeals.signature, state.length === 0)
    const cited = this.#printCitations(choice)
    return extra === undefined ? cited : cited + this.#delta(choice, `"extra_content":${JSON.stringify(extra)}`)
  }

  /** A later piece of a signature. Clients that validate fragments want a function in each. */
  #printCallSignature(choice: number, { index, custom }: { index: number; custom: boolean }, sealed: Sealed): string {
    const extra_content = printSignature(sealed)
    if (extra_content === undefined || this.#legacy) return ''
    const called = custom ? { custom: { input: '' } } : { function: { arguments: '' } }
    return this.#delta(choice, `"tool_calls":${JSON.stringify([{ index, ...called, extra_content }])}`)
  }

  #cite({ choice, citation }: CitationEvent): void {
    this.#state(choice).citations.push(citation)
  }

  /** A citation without a range covers the whole part, whose length is known at its end. */
  #printCitations(choice: number): string {
    const state = this.#state(choice)
    const { offset, length, citations } = state
    state.closeText()
    if (citations.length === 0) return ''
    const annotations = citations.flatMap((one) => printAnnotation(one, offset, length) ?? [])
    const sources = citations.flatMap(printSource)
    const members: Record<string, Json> = {
      annotations: annotations.length === 0 ? undefined : annotations,
      citations: sources.length === 0 ? undefined : sources,
    }
    return this.#delta(choice, JSON.stringify(members).slice(1, -1))
  }

  #printMedia(choice: number, value: MediaPart): string {
    const image = printImage(value, this.#state(choice).images)
    if (image !== undefined) {
      this.#state(choice).images++
      return this.#delta(choice, `"images":${JSON.stringify([image])}`)
    }
    const { type, media, transcript } = value
    if (type !== 'audio' || media.from !== 'bytes') return ''
    const audio = { id: 'audio_0', data: media.base64, transcript: transcript ?? '' }
    return this.#delta(choice, `"audio":${JSON.stringify(audio)}`)
  }

  #printLogprobs({ choice, tokens }: LogprobsEvent): string {
    const logprobs = JSON.stringify({ content: tokens.map(printLogprob), refusal: null })
    return this.#chunk(`{"index":${choice},"delta":{},"logprobs":${logprobs},"finish_reason":null}`)
  }

  #printEnd(): string {
    const finishes = [...this.#finishes.values()].map((event) => this.#printFinish(event))
    const rest = this.#extras.isEmpty ? '' : this.#chunk('')
    return `${finishes.join('')}${this.#printUsage()}${rest}data: [DONE]\n\n`
  }

  #printFinish({ choice, finish }: FinishEvent): string {
    const state = this.#state(choice)
    const details = this.#printDetails(choice, state)
    const declined =
      finish.explanation === undefined ? '' : this.#delta(choice, `"refusal":${JSON.stringify(finish.explanation)}`)
    const delta = state.begin() ? `"role":"assistant","content":""${state.ofMessage.behind()}` : state.ofMessage.alone()
    const reason = JSON.stringify(printFinish(finish, this.#legacy)).slice(1, -1)
    const rest = reason + state.ofChoice.behind()
    return details + declined + this.#chunk(`{"index":${choice},"delta":{${delta}},"logprobs":null,${rest}}`)
  }

  #printUsage(): string {
    if (!this.#facts.showUsage || this.#usage === undefined) return ''
    const usage = JSON.stringify(printUsageWith(this.#usage, this.#usageExtras))
    return `${this.#head}${this.#extras.before()}"choices":[],"usage":${usage}}\n\n`
  }

  #keep({ of, members }: AnswerExtrasEvent): string {
    if (of === 'answer') this.#extras.add(members)
    else this.#usageExtras = members
    return ''
  }

  /** A member of a delta may be a piece, which no later piece may replace. */
  #keepOfChoice({ choice, of, members }: ChoiceExtrasEvent): string {
    const { ofMessage, ofChoice } = this.#state(choice)
    const isNext = of === 'choice' || ofMessage.isEmpty
    const printed = isNext ? '' : this.#delta(choice, ofMessage.alone())
    const waiting = of === 'choice' ? ofChoice : ofMessage
    waiting.add(members)
    return printed
  }

  /** `member`: a member of the delta. The first delta of a choice holds the role, too. */
  #delta(choice: number, member: string): string {
    const state = this.#state(choice)
    const details = this.#printDetails(choice, state)
    const delta = (state.begin() ? roleBefore(member) : '') + member + state.ofMessage.behind()
    const rest = `"finish_reason":null${state.ofChoice.behind()}`
    return details + this.#chunk(`{"index":${choice},"delta":{${delta}},"logprobs":null,${rest}}`)
  }

  #chunk(choice: string): string {
    return `${this.#head}${this.#extras.before()}"choices":[${choice}]}\n\n`
  }

  #headOf({ id, model, created, serviceTier, fingerprint }: StartEvent): string {
    const { requestId, nowSeconds } = this.#facts
    const head = {
      id: id === '' ? `chatcmpl-${requestId}` : id,
      object: 'chat.completion.chunk',
      created: created ?? nowSeconds,
      model,
      service_tier: openAiTier(serviceTier),
      system_fingerprint: fingerprint,
    }
    return `data: ${JSON.stringify(head).slice(0, -1)},`
  }

  #state(choice: number): ChoiceState {
    let state = this.#choices[choice]
    if (state === undefined) {
      state = new ChoiceState()
      this.#choices[choice] = state
    }
    return state
  }
}

function roleBefore(member: string): string {
  return member.startsWith('"content"') ? '"role":"assistant",' : '"role":"assistant","content":null,'
}
