import type { Gateway } from './gateway.ts'

/** The open requests and sessions in the last heartbeat of a gateway; undefined before there is one. */
export async function openRequests({ admin }: Gateway): Promise<number | undefined> {
  const { nodes } = (await admin('GET', '/nodes')).json
  return nodes.find(({ load }: { load?: object }) => load !== undefined)?.load.openRequests
}
