import { type FormEvent, useState } from 'react'
import type { NewKey } from '../../api/keys.ts'
import type { ApiProblem } from '../../api/problem.ts'
import { useServices } from '../../app/services.tsx'
import { Button } from '../../parts/button.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'

export function KeyStep(props: { demoKeyHint: string; madeKey: NewKey | undefined; onMade: (key: NewKey) => void }) {
  const { api } = useServices()
  const [name, setName] = useState('my-app')
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem | undefined>(undefined)
  const { madeKey } = props

  async function create(event: FormEvent): Promise<void> {
    event.preventDefault()
    setBusy(true)
    const answer = await api.createKey(name.trim())
    setBusy(false)
    setProblem(answer.ok ? undefined : answer.error)
    if (answer.ok) props.onMade(answer.value)
  }

  return (
    <>
      <form className="inline-form" onSubmit={(event) => void create(event)}>
        <label htmlFor="key-name">Name</label>
        <input
          id="key-name"
          value={name}
          onChange={(event) => setName(event.target.value)}
          required
          maxLength={128}
          autoComplete="off"
        />
        <Button kind={madeKey === undefined ? 'primary' : 'plain'} type="submit" disabled={busy}>
          {madeKey === undefined ? 'Create key' : 'Create another'}
        </Button>
      </form>
      <ErrorNotice problem={problem} title="The key was not made" />
      <div aria-live="polite">{madeKey !== undefined && <MadeKey madeKey={madeKey} />}</div>
      {madeKey === undefined && props.demoKeyHint !== '' && (
        <p className="hint">
          Or use the demo key that was printed at the start: <code>{props.demoKeyHint}…</code>
        </p>
      )}
    </>
  )
}

function MadeKey({ madeKey }: { madeKey: NewKey }) {
  return (
    <div className="made-key">
      <p>
        <strong>{madeKey.name}</strong> is ready. Copy it now: it is shown only this once.
      </p>
      <p className="made-key-secret">
        <code>{madeKey.secret}</code>
        <CopyButton text={madeKey.secret} what="key" />
      </p>
    </div>
  )
}
