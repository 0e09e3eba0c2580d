// The Prometheus text format, version 0.0.4.
import type { Sketch } from '../../../shared/telemetry/sketch.ts'

export type Labels = Readonly<Record<string, string>>

export interface CountedBuckets {
  readonly counts: readonly number[]
  readonly sum: number
}

export class PrometheusText {
  readonly #lines: string[] = []

  counter(name: string, help: string, samples: Iterable<[Labels, number]>): void {
    this.#family(name, help, 'counter', samples)
  }

  gauge(name: string, help: string, samples: Iterable<[Labels, number]>): void {
    this.#family(name, help, 'gauge', samples)
  }

  /** `scale` converts the sketch's unit to that of the metric. A bucket's count is exact within 1 % of its bound. */
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    scale: number,
    samples: Iterable<[Labels, Sketch]>,
  ): void {
    this.#head(name, help, 'histogram')
    for (const [labels, sketch] of samples) {
      for (const bound of buckets) {
        this.#line(`${name}_bucket`, { ...labels, le: String(bound) }, sketch.rank(bound / scale))
      }
      this.#line(`${name}_bucket`, { ...labels, le: '+Inf' }, sketch.count)
      this.#line(`${name}_sum`, labels, sketch.sum * scale)
      this.#line(`${name}_count`, labels, sketch.count)
    }
  }

  /** A histogram of counts by bucket, the last of which has no bound. */
  counted(name: string, help: string, bounds: readonly number[], samples: Iterable<[Labels, CountedBuckets]>): void {
    this.#head(name, help, 'histogram')
    for (const [labels, { counts, sum }] of samples) {
      let count = 0
      for (const [index, bound] of bounds.entries()) {
        count += counts[index] ?? 0
        this.#line(`${name}_bucket`, { ...labels, le: String(bound) }, count)
      }
      count += counts[bounds.length] ?? 0
      this.#line(`${name}_bucket`, { ...labels, le: '+Inf' }, count)
      this.#line(`${name}_sum`, labels, sum)
      this.#line(`${name}_count`, labels, count)
    }
  }

  text(): string {
    return `${this.#lines.join('\n')}\n`
  }

  #family(name: string, help: string, type: string, samples: Iterable<[Labels, number]>): void {
    this.#head(name, help, type)
    for (const [labels, value] of samples) this.#line(name, labels, value)
  }

  #head(name: string, help: string, type: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`)
  }

  #line(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
    this.#lines.push(`${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`)
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}
