// The frame of every page: skip link, navigation, who is signed in.
import { type ReactNode, useEffect, useRef } from 'react'
import type { Session } from '../api/session.ts'
import { Button } from '../parts/button.tsx'
import { Brand, Icon } from '../parts/icon.tsx'
import { pageAt, pages } from './pages.tsx'
import { Link } from './router.tsx'
import { useServices } from './services.tsx'

export function Shell({ session, path, children }: { session: Session; path: string; children: ReactNode }) {
  const { signOut } = useServices()
  const { title } = pageAt(path)
  const main = useRef<HTMLElement>(null)
  const shownPath = useRef(path)
  useEffect(() => {
    document.title = `${title} · Headgate`
    // The focus moves to the new page, so that screen readers do not stay at the link that led there.
    if (shownPath.current !== path) main.current?.focus()
    shownPath.current = path
  }, [title, path])
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="side">
        <Brand />
        <nav aria-label="Pages">
          {pages.map((page) => (
            <Link key={page.path} href={page.path} current={page.path === path}>
              <Icon name={page.icon} />
              <span>{page.title}</span>
            </Link>
          ))}
        </nav>
        <div className="who">
          <p>
            <span className="who-actor">{session.actor}</span>
            {session.version !== '' && <span className="who-version">Headgate {session.version}</span>}
          </p>
          <Button kind="quiet" onClick={() => void signOut()}>
            Sign out
          </Button>
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}
