// Every page with its address; the navigation is made from this list.
import type { ReactNode } from 'react'
import type { Session } from '../api/session.ts'
import { ConnectPage } from '../pages/connect/connect-page.tsx'
import { ObjectivesPage } from '../pages/objectives/objectives-page.tsx'
import { RequestsPage } from '../pages/requests/requests-page.tsx'
import { StatusPage } from '../pages/status/status-page.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { Icon, type IconName } from '../parts/icon.tsx'

export interface Page {
  path: string
  title: string
  icon: IconName
  render: (session: Session) => ReactNode
}

export const pages: readonly Page[] = [
  { path: '/', title: 'Connect', icon: 'plug', render: (session) => <ConnectPage session={session} /> },
  { path: '/requests', title: 'Requests', icon: 'list', render: () => <RequestsPage /> },
  { path: '/objectives', title: 'Objectives', icon: 'target', render: () => <ObjectivesPage /> },
  { path: '/status', title: 'Status', icon: 'pulse', render: () => <StatusPage /> },
]

const missing: Page = {
  path: '',
  title: 'Not found',
  icon: 'list',
  render: () => (
    <EmptyState icon={<Icon name="list" />} title="There is no such page">
      The navigation lists every page there is.
    </EmptyState>
  ),
}

export function pageAt(path: string): Page {
  return pages.find((page) => page.path === path) ?? missing
}
