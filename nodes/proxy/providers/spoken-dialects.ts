// The dialect that a model is asked in, where the models of one server have different endpoints of OpenAI's API.
import type { ModelFacts } from '../../../shared/chat/capabilities.ts'
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { TargetSpec } from '../../../shared/config/kinds/models/spec.ts'
import type { ProviderKind } from '../../../shared/config/kinds/providers/spec.ts'
import type { UpstreamDialect } from '../dialects/dialect.ts'
import { openAiChatUpstream } from '../dialects/openai-chat/openai-chat.ts'
import { openAiResponsesUpstream } from '../dialects/openai-responses/openai-responses.ts'

export interface Spoken {
  /** Dialects whose bytes pass through. */
  readonly speaks: ReadonlySet<Dialect>
  /** The dialect that requests are translated to when they cannot pass through. */
  readonly dialect: UpstreamDialect
}

export interface Server {
  readonly kind: ProviderKind
  readonly speaks: ReadonlySet<Dialect>
}

export interface Endpoints {
  /** The operator's word on the model. */
  readonly configured: TargetSpec['endpoint']
  readonly known: ModelFacts['endpoint']
}

/** The dialect that a model is asked in; undefined where it is asked as the other models of its server are. */
export function spokenTo(server: Server, { configured, known }: Endpoints): Spoken | undefined {
  const { kind, speaks } = server
  if (kind !== 'openai' && kind !== 'azure') return undefined
  switch (configured ?? (mayServe(server) ? known : undefined)) {
    case 'responses':
      return { dialect: openAiResponsesUpstream, speaks: onlyResponses(speaks) }
    case 'chat':
      return { dialect: openAiChatUpstream, speaks: new Set<Dialect>([...speaks, 'openai-chat']) }
    case undefined:
      return undefined
  }
}

/** The dialect of a server whose models are all asked in the same. */
export function commonDialect({ kind, speaks }: Server, usual: UpstreamDialect): UpstreamDialect {
  const isAlone = kind === 'openai' && speaks.has('openai-responses') && !speaks.has('openai-chat')
  return isAlone ? openAiResponsesUpstream : usual
}

/** A server that is said not to have the Responses API serves the model in another way. Azure has it under its undated version,
 *  whichever version is configured. */
function mayServe({ kind, speaks }: Server): boolean {
  return kind === 'azure' || speaks.has('openai-responses')
}

function onlyResponses(speaks: ReadonlySet<Dialect>): ReadonlySet<Dialect> {
  const others = [...speaks].filter((dialect) => dialect !== 'openai-chat' && dialect !== 'openai-completions')
  return new Set<Dialect>([...others, 'openai-responses'])
}
