// Two ways in: the one-time link that Headgate printed, and the admin token. Either buys a cookie; neither is kept here.
import { type FormEvent, useEffect, useRef, useState } from 'react'
import type { ApiProblem } from '../../api/problem.ts'
import type { Credential } from '../../api/session.ts'
import { isSignInLink, useRouter } from '../../app/router.tsx'
import { useServices } from '../../app/services.tsx'
import { Button } from '../../parts/button.tsx'
import { ErrorNotice } from '../../parts/error-notice.tsx'
import { Brand } from '../../parts/icon.tsx'

type Attempt = { type: 'idle' } | { type: 'busy'; by: 'link' | 'form' } | { type: 'failed'; problem: ApiProblem }

export function SignInPage() {
  const { session, signIn: exchange } = useServices()
  const { place, go } = useRouter()
  const [attempt, setAttempt] = useState<Attempt>({ type: 'idle' })
  const field = useRef<HTMLInputElement>(null)
  const token = isSignInLink(place) ? place.query.get('token') : null

  async function signIn(credential: Credential, by: 'link' | 'form'): Promise<void> {
    setAttempt({ type: 'busy', by })
    const answer = await exchange(credential)
    setAttempt(answer.ok ? { type: 'idle' } : { type: 'failed', problem: answer.error })
  }

  useEffect(() => {
    document.title = 'Sign in · Headgate'
    if (token === null) return
    // The token is removed from the address first: it must not stay in the history, a bookmark or a screenshot.
    go('/sign-in', 'replace')
    onceSeen(() => void signIn({ token }, 'link'))
  })

  useEffect(() => field.current?.focus(), [])

  const done = place.path === '/sign-in' && token === null && attempt.type === 'idle' && session.type === 'signed-in'
  useEffect(() => {
    if (done) go('/', 'replace')
  }, [done, go])

  function onSubmit(event: FormEvent): void {
    event.preventDefault()
    const adminToken = field.current?.value.trim() ?? ''
    if (adminToken !== '') void signIn({ adminToken }, 'form')
  }

  const busy = attempt.type === 'busy'
  return (
    <main className="sign-in">
      <div className="card sign-in-card">
        <Brand />
        <h1>Sign in to the console</h1>
        {attempt.type === 'failed' && <ErrorNotice problem={attempt.problem} title={titleFor(attempt.problem)} />}
        {busy && attempt.by === 'link' && <output className="muted">Signing in with the link…</output>}
        <form onSubmit={onSubmit}>
          <label htmlFor="admin-token">Admin token</label>
          <input
            id="admin-token"
            ref={field}
            type="password"
            autoComplete="current-password"
            spellCheck={false}
            required
            aria-describedby="admin-token-hint"
          />
          <p id="admin-token-hint" className="hint">
            The value of <code>HEADGATE_ADMIN_TOKEN</code>, or the one printed at the first start.
          </p>
          <Button kind="primary" type="submit" disabled={busy}>
            {busy ? 'Signing in…' : 'Sign in'}
          </Button>
        </form>
        <p className="hint">
          No token at hand? <code>npm run headgate -- open</code> on the machine that runs Headgate prints a link that
          signs you in once.
        </p>
      </div>
    </main>
  )
}

// Browsers render a link ahead of a click, scripts and all; only a page that somebody looks at may use the link up.
function onceSeen(act: () => void): void {
  if (document.hidden) document.addEventListener('visibilitychange', act, { once: true })
  else act()
}

/** The title of the notice; undefined where the server's own title says what failed. */
function titleFor(problem: ApiProblem): string | undefined {
  const status = problem.type === 'refused' ? problem.status : undefined
  if (status === 401) return undefined
  return status === 429 ? 'Too many attempts. Wait a minute, then try again.' : 'Signing in failed'
}
