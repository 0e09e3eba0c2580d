// Operations that the gateway answers itself or sends to one account: lists of models, stored responses, files, batches, realtime
// sessions and health.
import type { Dialect } from '../../../shared/chat/parts.ts'
import type { ErrorShape } from '../dialects/error-shapes.ts'
import type { ObjectPath } from '../provider-objects/object-operations.ts'
import { noUnits } from './billable-units.ts'
import type { ApiName, Operation } from './operation.ts'

interface Row {
  readonly name: string
  readonly api: ApiName
  readonly methods: readonly string[]
  readonly dialect: Dialect
  readonly errors?: ErrorShape
  readonly bodiless?: boolean
  readonly answersAnyhow?: NonNullable<Operation['answersAnyhow']>
}

function operation({ errors = 'openai', ...row }: Row): Operation {
  return {
    ...row,
    errors,
    upstreamPath: '',
    inbound: undefined,
    input: undefined,
    stream: undefined,
    asksForUsage: false,
    units: noUnits,
  }
}

function modelList(errors: ErrorShape): Operation {
  const methods = ['GET', 'HEAD']
  return operation({ name: '/v1/models', api: 'models', methods, bodiless: true, dialect: 'openai-chat', errors })
}

/** One path serves the lists of three APIs; the caller's headers determine which one. */
export const modelLists: Readonly<Record<ErrorShape, Operation>> = {
  openai: modelList('openai'),
  anthropic: modelList('anthropic'),
  gemini: modelList('gemini'),
}

/** The list of deployments in Azure's authoring API (2022-12-01, 2023-03-15-preview), which many programs ask to test a key. */
export const deploymentList: Operation = { ...modelList('openai'), name: '/openai/deployments' }

export const healthOperation = operation({
  name: '/readyz',
  api: 'health',
  methods: ['GET', 'HEAD'],
  bodiless: true,
  dialect: 'openai-chat',
})

export const realtimeOperation: Operation = {
  ...operation({ name: '/v1/realtime', api: 'realtime', methods: ['GET'], dialect: 'openai-realtime' }),
  upstreamPath: '/realtime',
}

function storedResponse(name: string, methods: readonly string[]): Operation {
  return operation({
    name,
    api: 'responses',
    methods,
    bodiless: true,
    dialect: 'openai-responses',
    answersAnyhow: true,
  })
}

export const storedResponseOperations = {
  '': storedResponse('/v1/responses/{id}', ['GET', 'DELETE']),
  input_items: storedResponse('/v1/responses/{id}/input_items', ['GET']),
  cancel: storedResponse('/v1/responses/{id}/cancel', ['POST']),
} as const

const objectOperations = new Map<string, Operation>()

/** The operation of a path of files or batches, the same object for each name. */
export function objectOperation({ name, kind, actions }: ObjectPath): Operation {
  const known = objectOperations.get(name)
  if (known !== undefined) return known
  const made = operation({
    name,
    api: 'files',
    methods: Object.keys(actions),
    dialect: kind === 'file' ? 'openai-files' : 'openai-batches',
    ...(name.endsWith('/content') ? { answersAnyhow: 'bytes' } : {}),
  })
  objectOperations.set(name, made)
  return made
}
