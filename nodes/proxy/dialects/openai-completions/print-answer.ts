// Legacy completions: prints unary and streamed answers for a caller.
import type { ChatAnswer, Choice, Finish, TokenLogprob } from '../../../../shared/chat/answer.ts'
import type { ChatEvent, FinishEvent, LogprobsEvent, StartEvent } from '../../../../shared/chat/events.ts'
import type { AssistantPart, Json } from '../../../../shared/chat/parts.ts'
import type { Usage } from '../../../../shared/chat/usage.ts'
import { mediaText } from '../anthropic/answer.ts'
import type { PrintFacts, StreamPrinter } from '../dialect.ts'
import { printUsage } from '../openai/usage.ts'
import { printFinish } from '../openai-chat/finish-reason.ts'

export function printCompletionsAnswer(answer: ChatAnswer, facts: PrintFacts): string {
  const echoed = facts.asked.prompt ?? ''
  const usage = answer.usage === undefined ? undefined : printUsage(answer.usage)
  const choices = answer.choices.map((choice, index) => printChoice(choice, index, echoed))
  return JSON.stringify({ ...headOf(answer, facts), choices, usage })
}

function printChoice({ parts, finish, logprobs }: Choice, index: number, echoed: string): Json {
  const text = parts.map(textOf).join('')
  return { text: echoed + text, index, logprobs: printLogprobs(logprobs, echoed.length), ...finishOf(finish) }
}

/** There is text alone in this dialect: a picture becomes a link. */
function textOf(part: AssistantPart): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text
    case 'reasoning':
    case 'tool-call':
    case 'opaque':
      return ''
    default:
      return mediaText(part)
  }
}

type Head = Pick<StartEvent, 'id' | 'model' | 'created' | 'fingerprint'>

function headOf(
  { id, model, created, fingerprint }: Head,
  { requestId, nowSeconds }: PrintFacts,
): Record<string, Json> {
  return {
    id: id === '' ? `cmpl-${requestId}` : id,
    object: 'text_completion',
    created: created ?? nowSeconds,
    model,
    system_fingerprint: fingerprint,
  }
}

/** Legacy completions have fewer finish reasons than chat completions. */
function finishOf(finish: Finish): object {
  const printed = printFinish(finish, false)
  return printed.finish_reason === 'tool_calls' ? { ...printed, finish_reason: 'stop' } : printed
}

/** The older form of logprobs has a list per member. */
function printLogprobs(tokens: readonly TokenLogprob[] | undefined, from: number): Json {
  if (tokens === undefined) return null
  let offset = from
  const offsets = tokens.map(({ token }) => {
    const at = offset
    offset += token.length
    return at
  })
  return {
    tokens: tokens.map(({ token }) => token),
    token_logprobs: tokens.map(({ logprob }) => logprob),
    top_logprobs: tokens.map(({ top }) => Object.fromEntries(top.map((one) => [one.token, one.logprob]))),
    text_offset: offsets,
  }
}

export class CompletionsStreamPrinter implements StreamPrinter {
  readonly #facts: PrintFacts
  #head = ''
  #usage: Usage | undefined
  /** The number of characters sent so far, by choice. */
  readonly #said: number[] = []
  /** The finish of each choice, which is sent last: some hosts go on behind it. */
  readonly #finishes = new Map<number, FinishEvent>()

  constructor(facts: PrintFacts) {
    this.#facts = facts
  }

  print(event: ChatEvent): string {
    switch (event.type) {
      case 'text-delta':
      case 'refusal-delta':
        return this.#printText(event.choice, event.text)
      case 'start':
        this.#head = `data: ${JSON.stringify(headOf(event, this.#facts)).slice(0, -1)},`
        return ''
      case 'part':
        return this.#printText(event.choice, textOf(event.value))
      case 'logprobs':
        return this.#printLogprobs(event)
      case 'finish':
        this.#finishes.set(event.choice, event)
        return ''
      case 'usage':
        this.#usage = event.usage
        return ''
      case 'end':
        return `${this.#printFinishes()}${this.#printUsage()}data: [DONE]\n\n`
      default:
        return ''
    }
  }

  /** Puts the prompt in front of the first text, if the caller wants it. */
  #printText(choice: number, text: string): string {
    const before = this.#said[choice] === undefined ? (this.#facts.asked.prompt ?? '') : ''
    this.#said[choice] = (this.#said[choice] ?? before.length) + text.length
    const said = before + text
    if (said === '') return ''
    return this.#chunk(`{"text":${JSON.stringify(said)},"index":${choice},"logprobs":null,"finish_reason":null}`)
  }

  #printLogprobs({ choice, tokens }: LogprobsEvent): string {
    const logprobs = JSON.stringify(printLogprobs(tokens, this.#said[choice] ?? 0))
    return this.#chunk(`{"text":"","index":${choice},"logprobs":${logprobs},"finish_reason":null}`)
  }

  #printFinishes(): string {
    return [...this.#finishes.values()].map((event) => this.#printFinish(event)).join('')
  }

  #printFinish({ choice, finish }: FinishEvent): string {
    const rest = JSON.stringify(finishOf(finish)).slice(1)
    return this.#printText(choice, '') + this.#chunk(`{"text":"","index":${choice},"logprobs":null,${rest}`)
  }

  #printUsage(): string {
    if (!this.#facts.showUsage || this.#usage === undefined) return ''
    return `${this.#head}"choices":[],"usage":${JSON.stringify(printUsage(this.#usage))}}\n\n`
  }

  #chunk(choice: string): string {
    return `${this.#head}"choices":[${choice}]}\n\n`
  }
}
