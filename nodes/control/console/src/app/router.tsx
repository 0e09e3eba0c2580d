// Pages by location. Four pages need no library: the path names the page, the query holds what a link should bring back.
import { createContext, type MouseEvent, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'

export interface Place {
  path: string
  query: URLSearchParams
}

export interface Router {
  place: Place
  /** `href` is a path of ours, query included. */
  go: (href: string, how?: 'push' | 'replace') => void
}

const RouterContext = createContext<Router | undefined>(undefined)

export function RouterProvider({ children }: { children: ReactNode }) {
  const [place, setPlace] = useState(placeNow)
  useEffect(() => {
    const onPop = () => setPlace(placeNow())
    window.addEventListener('popstate', onPop)
    return () => window.removeEventListener('popstate', onPop)
  }, [])
  const router = useMemo<Router>(() => {
    function go(href: string, how: 'push' | 'replace' = 'push'): void {
      if (how === 'push') history.pushState(undefined, '', href)
      else history.replaceState(undefined, '', href)
      setPlace(placeNow())
    }
    return { place, go }
  }, [place])
  return <RouterContext value={router}>{children}</RouterContext>
}

export function useRouter(): Router {
  const router = useContext(RouterContext)
  if (router === undefined) throw new Error('useRouter outside of RouterProvider')
  return router
}

export function Link({ href, current, children }: { href: string; current: boolean; children: ReactNode }) {
  const { go } = useRouter()
  function onClick(event: MouseEvent): void {
    // A click that asks for a new tab or window is the browser's.
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(href)
  }
  return (
    <a href={href} onClick={onClick} aria-current={current ? 'page' : undefined}>
      {children}
    </a>
  )
}

/** The one-time link that Headgate prints. */
export function isSignInLink(place: Place): boolean {
  return place.path === '/sign-in' && place.query.has('token')
}

function placeNow(): Place {
  return { path: location.pathname.replace(/\/+$/, '') || '/', query: new URLSearchParams(location.search) }
}
