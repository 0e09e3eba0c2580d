/**
 * The circles of a graph: its strongly connected components of more than one node, and nodes that point at themselves.
 * A node of a circle reaches every other node of it. The nodes of a circle and the circles are sorted, so that equal
 * graphs give equal lists. Targets that are not nodes of the graph are ignored.
 *
 * Tarjan, Depth-first search and linear graph algorithms, SIAM Journal on Computing 1 (1972).
 */
export function circlesOf(graph: Map<string, Set<string>>): string[][] {
  const search: Search = { graph, order: new Map(), open: [], circles: [] }
  for (const node of graph.keys()) if (!search.order.has(node)) visit(search, node)
  return search.circles.map((circle) => circle.sort()).sort((a, b) => (a.join() < b.join() ? -1 : 1))
}

interface Search {
  graph: Map<string, Set<string>>
  /** The order in which nodes were first seen. */
  order: Map<string, number>
  /** Nodes seen whose component is not complete. */
  open: string[]
  circles: string[][]
}

/** Returns the order of the earliest open node that `node` reaches. */
function visit(search: Search, node: string): number {
  const order = search.order.size
  search.order.set(node, order)
  search.open.push(node)
  let lowest = order
  for (const target of search.graph.get(node) ?? []) lowest = Math.min(lowest, reached(search, target) ?? lowest)
  if (lowest === order) close(search, node)
  return lowest
}

/** The earliest open node that `target` leads to; undefined when its component is complete or it is no node. */
function reached(search: Search, target: string): number | undefined {
  if (!search.graph.has(target)) return undefined
  const seen = search.order.get(target)
  if (seen === undefined) return visit(search, target)
  return search.open.includes(target) ? seen : undefined
}

/** `node` is the first of its component: everything opened since then belongs to it. */
function close(search: Search, node: string): void {
  const component = search.open.splice(search.open.indexOf(node))
  const isCircle = component.length > 1 || search.graph.get(node)?.has(node) === true
  if (isCircle) search.circles.push(component)
}
