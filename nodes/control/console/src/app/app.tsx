import { useEffect } from 'react'
import type { ApiProblem } from '../api/problem.ts'
import { SignInPage } from '../pages/sign-in/sign-in-page.tsx'
import { Button } from '../parts/button.tsx'
import { ErrorNotice } from '../parts/error-notice.tsx'
import { pageAt } from './pages.tsx'
import { RouterProvider, useRouter } from './router.tsx'
import { type Given, ServicesProvider, useServices } from './services.tsx'
import { Shell } from './shell.tsx'

const retryMs = 3_000

export function App(given: Given) {
  return (
    <RouterProvider>
      <ServicesProvider {...given}>
        <Gate />
      </ServicesProvider>
    </RouterProvider>
  )
}

// Nothing of a page is shown, or asked for, before the server has said who is there. The sign-in page takes the place of
// whatever page was wanted, so that signing in leads there; no address to return to travels in the URL.
function Gate() {
  const { session } = useServices()
  const { place } = useRouter()
  if (place.path === '/sign-in') return <SignInPage />
  switch (session.type) {
    case 'checking':
      return <output className="centered muted">Looking who is signed in…</output>
    case 'signed-out':
      return <SignInPage />
    case 'unknown':
      return <Unreachable problem={session.problem} />
    case 'signed-in': {
      const page = pageAt(place.path)
      return (
        <Shell session={session.session} path={place.path}>
          {page.render(session.session)}
        </Shell>
      )
    }
  }
}

function Unreachable({ problem }: { problem: ApiProblem }) {
  const { refreshSession } = useServices()
  useEffect(() => {
    const timer = setInterval(() => void refreshSession(), retryMs)
    return () => clearInterval(timer)
  }, [refreshSession])
  return (
    <main className="centered">
      <ErrorNotice problem={problem} />
      <Button onClick={() => void refreshSession()}>Try now</Button>
    </main>
  )
}
