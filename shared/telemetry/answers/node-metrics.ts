// The contents of heartbeats as metrics.
import type { BudgetLoad, NodeHeartbeat } from '../records.ts'
import type { Labels, PrometheusText } from './prometheus-text.ts'
import { quotaMetrics } from './quota-metrics.ts'

export function nodeMetrics(page: PrometheusText, nodes: readonly NodeHeartbeat[]): void {
  const gauge = (name: string, help: string, read: (node: NodeHeartbeat) => number | undefined): void =>
    page.gauge(
      name,
      help,
      nodes.flatMap((node) => {
        const value = read(node)
        return value === undefined ? [] : [[{ node: node.node }, value]]
      }),
    )
  gauge('headgate_config_revision', 'Revision that a node serves.', (node) => node.revision)
  gauge('headgate_config_lag_seconds', 'How long a node has known that it is behind.', (node) => node.lagMs / 1e3)
  gauge('headgate_node_draining', '1 while a node finishes what it has.', (node) => (node.draining ? 1 : 0))
  gauge('headgate_node_troubles', 'Reasons why a node is not wholly well.', (node) => node.troubles?.length)
  gauge('headgate_open_requests', 'Requests that a proxy has not finished.', (node) => node.process?.openRequests)
  gauge('headgate_resident_memory_bytes', 'Resident memory of a node.', (node) => node.process?.rssBytes)
  gauge('headgate_heap_bytes', 'Heap of the thread that serves.', (node) => node.process?.heapBytes)
  gauge('headgate_heap_max_bytes', 'Limit of that heap.', (node) => node.process?.heapBytesMax)
  bodyMemory(page, nodes)
  gauge('headgate_nats_connected', '1 while a node reaches NATS.', ({ link }) => link && (link.connected ? 1 : 0))
  gauge('headgate_log_copy_lag_seconds', 'How long a copy of the log may be incomplete.', ({ link }) =>
    link?.log === undefined ? undefined : link.log.lagMs / 1e3,
  )
  page.counter('headgate_nats_reconnects_total', 'Times that a node found NATS again.', eachLink(nodes, 'reconnects'))
  page.counter('headgate_bus_missed_total', 'Messages that a node should have got.', eachLink(nodes, 'missed'))
  page.counter(
    'headgate_bus_uncertain_total',
    'Messages on the way when a connection was lost.',
    eachLink(nodes, 'uncertain'),
  )
  page.gauge(
    'headgate_eventloop_lag_seconds',
    'How late timers fire.',
    nodes.flatMap((node): [Labels, number][] =>
      Object.entries(node.process?.eventLoopLagMs ?? {}).map(([stat, ms]) => [{ node: node.node, stat }, ms / 1e3]),
    ),
  )
  countsByName(page, nodes)
  page.counter(
    'headgate_messages_refused_total',
    'Messages of other nodes that a process did not believe, by channel and reason.',
    nodes.flatMap(({ node, refusedMessages = [] }) =>
      refusedMessages.map(({ channel, kind, count }): [Labels, number] => [{ node, channel, kind }, count]),
    ),
  )
  budgetMetrics(page, nodes)
  quotaMetrics(page, nodes)
  page.gauge('headgate_queue_length', 'What waits in a bounded queue.', eachQueue(nodes, 'length'))
  page.counter('headgate_queue_dropped_total', 'What a bounded queue dropped.', eachQueue(nodes, 'dropped'))
}

function countsByName(page: PrometheusText, nodes: readonly NodeHeartbeat[]): void {
  page.counter(
    'headgate_rejections_total',
    'Requests that a proxy rejected itself, by error code.',
    nodes.flatMap(({ node, refusals = {} }) =>
      Object.entries(refusals).map(([code, count]): [Labels, number] => [{ node, code }, count]),
    ),
  )
  page.counter(
    'headgate_limit_exceeded_total',
    'Requests and attempts beyond a limit: rejected (enforce), let through (report), or ended in their stream (cut).',
    nodes.flatMap(({ node, limits = {} }) =>
      Object.entries(limits).map(([key, count]): [Labels, number] => [{ node, ...limitLabels(key) }, count]),
    ),
  )
  page.counter(
    'headgate_unpriced_total',
    'Answers whose cost nobody knows, by model.',
    nodes.flatMap(({ node, unpriced = {} }) =>
      Object.entries(unpriced).map(([model, count]): [Labels, number] => [{ node, model }, count]),
    ),
  )
}

function budgetMetrics(page: PrometheusText, nodes: readonly NodeHeartbeat[]): void {
  const each = (read: (load: BudgetLoad) => number): [Labels, number][] =>
    nodes.flatMap(({ node, budgets = {} }) =>
      Object.entries(budgets).map(([budget, load]): [Labels, number] => [{ node, budget }, read(load)]),
    )
  const usd = (name: string, help: string, read: (load: BudgetLoad) => number) => page.gauge(name, help, each(read))
  usd('headgate_budget_limit_usd', 'The amount of a budget in a window.', ({ limitUsd }) => limitUsd)
  usd(
    'headgate_budget_spent_usd',
    'Spent in the window by all proxies, as a node knows it.',
    ({ spentUsd }) => spentUsd,
  )
  usd('headgate_budget_leased_usd', 'What a proxy may spend without asking.', ({ leasedUsd }) => leasedUsd)
  page.counter(
    'headgate_budget_rejected_total',
    'Requests that a budget did not pay for.',
    each(({ rejected }) => rejected),
  )
  page.counter(
    'headgate_budget_cut_total',
    'Streams that a budget has ended.',
    each(({ cut = 0 }) => cut),
  )
}

/** A name may hold spaces; a mode does not. */
function limitLabels(key: string): Labels {
  const at = key.lastIndexOf(' ')
  return { limit: key.slice(0, at), mode: key.slice(at + 1) }
}

/** Memory for request bodies (`bodies`), and for what is made of them (`parsed`). */
function bodyMemory(page: PrometheusText, nodes: readonly NodeHeartbeat[]): void {
  const uses = nodes.flatMap(({ node, bodyMemory: memory = {} }) =>
    Object.entries(memory).map(([name, use]) => ({ labels: { node, memory: name }, use })),
  )
  page.gauge(
    'headgate_body_memory_bytes',
    'Memory that request bodies take.',
    uses.map(({ labels, use }): [Labels, number] => [labels, use.bytes]),
  )
  page.gauge(
    'headgate_body_memory_max_bytes',
    'Memory that request bodies may take.',
    uses.map(({ labels, use }): [Labels, number] => [labels, use.bytesMax]),
  )
  page.counter(
    'headgate_body_memory_refusals_total',
    'Requests that were refused for want of memory, by whose part was used up.',
    uses.flatMap(({ labels, use }) =>
      Object.entries(use.refusals).map(([part, count]): [Labels, number] => [{ ...labels, part }, count]),
    ),
  )
}

function eachQueue(nodes: readonly NodeHeartbeat[], field: 'length' | 'dropped'): [Labels, number][] {
  return nodes.flatMap((node) =>
    Object.entries(node.queues).map(([queue, state]): [Labels, number] => [{ node: node.node, queue }, state[field]]),
  )
}

function eachLink(nodes: readonly NodeHeartbeat[], field: 'reconnects' | 'missed' | 'uncertain'): [Labels, number][] {
  return nodes.flatMap(({ node, link }): [Labels, number][] => (link === undefined ? [] : [[{ node }, link[field]]]))
}
