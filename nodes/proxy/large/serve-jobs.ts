// The side of the process that does jobs: one after the other, as they come.
import type { Duplex } from 'node:stream'
import { textOfThrown } from '../../../shared/thrown.ts'
import { type Frame, FrameReader, frameStart } from './frames.ts'
import type { Job, JobAnswer } from './job.ts'

export interface JobQuestion {
  readonly job: string
  readonly head: unknown
}

export type JobReply =
  /** The first reply of a process, to no question. */
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly told: unknown }
  /** The body is nested so deeply, or so large, that the language gives up. */
  | { readonly type: 'too-complex' }
  | { readonly type: 'threw'; readonly message: string }

// A job has its own head, which only the job itself and whoever asks for it know.
// biome-ignore lint/suspicious/noExplicitAny: see above
type AnyJob = Job<any, unknown>

export function serveJobs(stream: Duplex, jobs: readonly AnyJob[]): void {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const reader = new FrameReader((frame) => {
    const { reply, bodies } = answer(frame, byName)
    stream.write(
      frameStart(
        reply,
        bodies.map((body) => [body]),
      ),
    )
    for (const body of bodies) stream.write(body)
  })
  stream.on('data', (bytes: Buffer) => reader.push(bytes))
  const ready: JobReply = { type: 'ready' }
  stream.write(frameStart(ready, []))
}

function answer(
  { head: asked, bodies }: Frame,
  byName: ReadonlyMap<string, AnyJob>,
): { reply: JobReply; bodies: readonly Uint8Array[] } {
  const { job: name, head } = asked as JobQuestion
  try {
    const job = byName.get(name)
    if (job === undefined) throw new Error(`there is no job ${name}`)
    const { told, bodies: given }: JobAnswer<unknown> = job.run(head, bodies)
    return { reply: { type: 'done', told }, bodies: given }
  } catch (error) {
    const reply: JobReply =
      error instanceof RangeError ? { type: 'too-complex' } : { type: 'threw', message: textOfThrown(error) }
    return { reply, bodies: [] }
  }
}
