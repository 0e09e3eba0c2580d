// Variables of the environment that open a provider, as the provider's own tools read them, and the provider that they make.
import { readFile } from 'node:fs/promises'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ProviderKey {
  /** The variable that holds the secret, or the path of its file. */
  readonly variable: string
  /** The name of the provider, which is that of its kind. */
  readonly provider: string
  /** A model that is called by its name alone. */
  readonly example: string
  /** Variables that have to stand beside it. Of those that are written with `|` one is enough. */
  readonly needs: readonly string[]
  /** Variables that hold the base URL, as the provider's SDKs read them; written with `|`, the first that is set counts. */
  readonly baseUrl: string
  /** Fields of the spec that say where the provider is besides its base URL: region, project. */
  readonly place: (environment: Environment) => object | Promise<object>
  /** The credential that is made of the secret. */
  readonly credential: (secret: string) => object
}

const apiKey = (secret: string) => ({ apiKey: secret })
const alone = { needs: [], place: () => ({}), credential: apiKey }

export const providerKeys: readonly ProviderKey[] = [
  {
    variable: 'OPENAI_API_KEY',
    provider: 'openai',
    example: 'gpt-4o',
    baseUrl: 'OPENAI_BASE_URL|OPENAI_API_BASE',
    ...alone,
  },
  {
    variable: 'ANTHROPIC_API_KEY',
    provider: 'anthropic',
    example: 'claude-sonnet-4-5',
    baseUrl: 'ANTHROPIC_BASE_URL',
    ...alone,
  },
  {
    variable: 'GEMINI_API_KEY',
    provider: 'gemini',
    example: 'gemini-2.5-flash',
    baseUrl: 'GOOGLE_GEMINI_BASE_URL',
    ...alone,
  },
  { variable: 'COHERE_API_KEY', provider: 'cohere', example: 'command-a-03-2025', baseUrl: 'CO_API_URL', ...alone },
  {
    variable: 'AZURE_OPENAI_API_KEY',
    provider: 'azure',
    example: 'gpt-4o',
    needs: ['AZURE_OPENAI_ENDPOINT'],
    baseUrl: 'AZURE_OPENAI_ENDPOINT',
    place: () => ({}),
    credential: apiKey,
  },
  {
    variable: 'AWS_ACCESS_KEY_ID',
    provider: 'bedrock',
    example: 'claude-sonnet-4-5',
    needs: ['AWS_SECRET_ACCESS_KEY', 'AWS_REGION|AWS_DEFAULT_REGION'],
    baseUrl: 'AWS_ENDPOINT_URL_BEDROCK_RUNTIME|AWS_ENDPOINT_URL',
    place: (environment) => ({ region: settingOf(environment, 'AWS_REGION|AWS_DEFAULT_REGION') }),
    // The keys stay in the environment, where they may be temporary.
    credential: () => ({ aws: 'default' }),
  },
  {
    variable: 'GOOGLE_APPLICATION_CREDENTIALS',
    provider: 'vertex',
    example: 'gemini-2.5-flash',
    needs: [],
    baseUrl: 'GOOGLE_VERTEX_BASE_URL',
    place: async (environment) => ({
      region: settingOf(environment, 'GOOGLE_CLOUD_LOCATION') ?? 'global',
      project: await googleProject(environment),
    }),
    credential: () => ({ gcp: 'default' }),
  },
]

/** The value of the first variable that is set; names are separated by `|`. */
export function settingOf(environment: Environment, variables: string): string | undefined {
  return variables
    .split('|')
    .map((variable) => environment[variable])
    .find((value) => value !== undefined && value !== '')
}

/** The named Google Cloud project, or the one that the key file belongs to. */
export async function googleProject(environment: Environment): Promise<string | undefined> {
  const named = settingOf(environment, 'GOOGLE_CLOUD_PROJECT')
  if (named !== undefined) return named
  try {
    const path = environment['GOOGLE_APPLICATION_CREDENTIALS'] ?? ''
    const { project_id } = JSON.parse(await readFile(path, 'utf8')) as { project_id?: unknown }
    return typeof project_id === 'string' ? project_id : undefined
  } catch {
    return undefined
  }
}
