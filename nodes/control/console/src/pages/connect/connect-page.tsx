// Leads a new user to a first answer: a key, a model, a code snippet, and a tick when the request arrives.
import { type ReactNode, useState } from 'react'
import type { NewKey } from '../../api/keys.ts'
import { isDemoModel } from '../../api/models.ts'
import type { Session } from '../../api/session.ts'
import { usePoll } from '../../api/use-poll.ts'
import { useServices } from '../../app/services.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { CodeBlock } from './code-block.tsx'
import { FirstRequestCard } from './first-request-card.tsx'
import { KeyStep } from './key-step.tsx'
import { ModelStep } from './model-step.tsx'
import type { Snippet, Target } from './snippet.ts'
import { snippetsFor } from './snippets.ts'
import { UsageToday } from './usage-today.tsx'

const modelsPollMs = 15_000
const dataPortUsual = 8080

export function ConnectPage({ session }: { session: Session }) {
  const { api } = useServices()
  const [madeKey, setMadeKey] = useState<NewKey | undefined>(undefined)
  const [chosenModel, setChosenModel] = useState<string | undefined>(undefined)
  const { value: models = [], problem } = usePoll({ load: (signal) => api.models(signal), intervalMs: modelsPollMs })
  const model = chosenModel ?? models.find((name) => !isDemoModel(name)) ?? 'demo/echo'
  const endpoint = session.dataEndpoint || `${location.protocol}//${location.hostname}:${dataPortUsual}`
  const target = { endpoint, key: madeKey?.secret ?? 'YOUR_KEY', model }
  return (
    <>
      <header className="page-header">
        <h1>Connect</h1>
        <p>Point any OpenAI client at Headgate. Three steps to a first answer.</p>
      </header>
      <div className="connect">
        <ol className="steps">
          <Step number={1} title="Endpoint and key">
            <p className="endpoint">
              <span className="endpoint-label">Base URL</span>
              <code>{endpoint}/v1</code>
              <CopyButton text={`${endpoint}/v1`} what="base URL" />
            </p>
            <KeyStep demoKeyHint={session.demoKeyHint} madeKey={madeKey} onMade={setMadeKey} />
          </Step>
          <Step number={2} title="Model">
            <ErrorNotice problem={problem} title="The list of models is not at hand" />
            <ModelStep models={models} model={model} onModel={setChosenModel} />
          </Step>
          <Step number={3} title="Send a request">
            <Snippets target={target} />
          </Step>
        </ol>
        <div className="connect-side">
          <FirstRequestCard key={madeKey?.id ?? ''} madeKey={madeKey} />
          <UsageToday />
        </div>
      </div>
    </>
  )
}

function Step({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <li className="card step">
      <h2>
        <span className="step-number" aria-hidden="true">
          {number}
        </span>
        {title}
      </h2>
      {children}
    </li>
  )
}

function Snippets({ target }: { target: Target }) {
  const panel = (snippet: Snippet) => (
    <>
      {snippet.install !== '' && (
        <p className="hint">
          First: <code>{snippet.install}</code>
        </p>
      )}
      <CodeBlock
        text={snippet.text}
        label={`${snippet.label} snippet`}
        marks={[target.endpoint, target.key, target.model]}
      />
    </>
  )
  const tabs = snippetsFor(target).map((snippet) => ({
    id: snippet.id,
    label: snippet.label,
    panel: panel(snippet),
  }))
  return <Tabs label="Language or tool" tabs={tabs} />
}
