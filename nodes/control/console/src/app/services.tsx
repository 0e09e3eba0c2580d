// What pages are given instead of reaching for it: the admin API, the clock, and who is signed in.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { type Api, createApi } from '../api/api.ts'
import type { Answer } from '../api/client.ts'
import type { ApiProblem } from '../api/problem.ts'
import type { Credential, Session } from '../api/session.ts'
import type { SessionSecret } from '../api/session-secret.ts'
import { isSignInLink, useRouter } from './router.tsx'

export type SessionState =
  | { type: 'checking' }
  | { type: 'signed-out' }
  | { type: 'signed-in'; session: Session }
  | { type: 'unknown'; problem: ApiProblem } // the control node did not answer

export interface Services {
  api: Api
  nowMs: () => number
  session: SessionState
  /** Asks the server who is signed in; resolves once the state says so. */
  refreshSession: () => Promise<void>
  signIn: (credential: Credential) => Answer<Session>
  signOut: () => Promise<void>
}

const ServicesContext = createContext<Services | undefined>(undefined)

export interface Given {
  fetch: typeof fetch
  secret: SessionSecret
  nowMs: () => number
}

export function ServicesProvider(props: Given & { children: ReactNode }) {
  const [session, setSession] = useState<SessionState>({ type: 'checking' })
  const { fetch, secret, nowMs } = props
  const [openedByLink] = useState(isSignInLink(useRouter().place))
  const [api] = useState(() => createApi({ fetch, secret, onSignedOut: () => setSession({ type: 'signed-out' }) }))

  const refreshSession = useCallback(async () => {
    const answer = await api.session()
    if (answer.ok) setSession({ type: 'signed-in', session: answer.value })
    else if (answer.error.type !== 'refused' || answer.error.status !== 401) {
      setSession({ type: 'unknown', problem: answer.error })
    }
  }, [api])
  const signIn = useCallback(
    async (credential: Credential) => {
      const answer = await api.signIn(credential)
      if (answer.ok) setSession({ type: 'signed-in', session: answer.value })
      return answer
    },
    [api],
  )
  const signOut = useCallback(async () => {
    const answer = await api.signOut()
    // A cookie that the server did not end is still good: saying "signed out" would be a lie.
    if (answer.ok) setSession({ type: 'signed-out' })
    else if (answer.error.type !== 'refused' || answer.error.status !== 401) {
      setSession({ type: 'unknown', problem: answer.error })
    }
  }, [api])

  useEffect(() => {
    // The page behind a link is about to sign in: a "nobody is signed in" that is overtaken by it would undo it.
    if (!openedByLink) void refreshSession()
  }, [openedByLink, refreshSession])

  const services = useMemo(
    () => ({ api, nowMs, session, refreshSession, signIn, signOut }),
    [api, nowMs, session, refreshSession, signIn, signOut],
  )
  return <ServicesContext value={services}>{props.children}</ServicesContext>
}

export function useServices(): Services {
  const services = useContext(ServicesContext)
  if (services === undefined) throw new Error('useServices outside of ServicesProvider')
  return services
}
