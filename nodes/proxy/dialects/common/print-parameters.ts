// Prints the parameters of a request for an upstream. Each dialect brings a table with one printer per parameter;
// parameters that the table does not know are reported to the caller as dropped.
import type { Json } from '../../../../shared/chat/parts.ts'
import type { ChatRequest, Parameter, RequestParameters } from '../../../../shared/chat/request.ts'
import type { Dropped, TargetTraits } from '../dialect.ts'
import { isMet } from './met-parameters.ts'

/** 'dropped' also when only a part of the value, or a value near it, was printed: the caller is told in either case. */
export type PrintOutcome = 'printed' | 'dropped'

/** What printers read, and the members of the body that they write. */
export interface ParameterPrinting {
  readonly request: ChatRequest
  readonly target: TargetTraits
  readonly members: Record<string, Json>
}

export type ParameterPrinters<Printing> = {
  readonly [Name in Parameter]?: (value: NonNullable<RequestParameters[Name]>, printing: Printing) => PrintOutcome
}

export interface ParameterRules<Printing> {
  /** Parameters that other code prints, or whose value holds without being printed. */
  readonly isSettled: (parameter: Parameter, printing: Printing) => boolean
  /** Parameters that the model does not take, beside those that the host refuses (`Quirks.drops`). */
  readonly isRefused: (parameter: Parameter, printing: Printing) => boolean
  readonly printers: ParameterPrinters<Printing>
  /** Prints a parameter that has no printer. Default: it is dropped unless its value holds anyway (`isMet`). */
  readonly printOther?: (parameter: Parameter, printing: Printing) => PrintOutcome
}

export function printParameters<Printing extends ParameterPrinting>(
  printing: Printing,
  rules: ParameterRules<Printing>,
): Dropped[] {
  const { parameters } = printing.request
  const dropped: Dropped[] = []
  for (const name in parameters) {
    const parameter = name as Parameter
    if (parameters[parameter] === undefined || rules.isSettled(parameter, printing)) continue
    const refused = rules.isRefused(parameter, printing) || printing.target.quirks.drops?.has(parameter) === true
    if (refused || printOne(parameter, printing, rules) === 'dropped') dropped.push(droppedAs(parameter, parameters))
  }
  return dropped
}

function droppedAs(parameter: Parameter, { reasoning }: RequestParameters): Dropped {
  const member = parameter === 'reasoning' ? reasoning?.member : undefined
  return member === undefined ? { parameter } : { member }
}

function printOne<Name extends Parameter, Printing extends ParameterPrinting>(
  name: Name,
  printing: Printing,
  { printers, printOther = printIfMet }: ParameterRules<Printing>,
): PrintOutcome {
  const value = printing.request.parameters[name]
  const printer = printers[name]
  if (printer === undefined || value === undefined || value === null) return printOther(name, printing)
  return printer(value, printing)
}

export function printIfMet(parameter: Parameter, { request }: ParameterPrinting): PrintOutcome {
  return isMet(parameter, request) ? 'printed' : 'dropped'
}

/** A printer that writes the value unchanged under `name`. */
export function printAs(name: string): (value: Json, printing: ParameterPrinting) => PrintOutcome {
  return (value, { members }) => {
    members[name] = value
    return 'printed'
  }
}

/** A printer for upstreams that refuse values outside these limits: the nearest value is sent. */
export function printWithin(min: number, max: number, name: string) {
  return (value: number, { members }: ParameterPrinting): PrintOutcome => {
    const nearest = Math.min(max, Math.max(min, value))
    members[name] = nearest
    return nearest === value ? 'printed' : 'dropped'
  }
}

/** The same for whole numbers. */
export function printWholeWithin(min: number, max: number, name: string) {
  const print = printWithin(min, max, name)
  return (value: number, printing: ParameterPrinting): PrintOutcome => {
    const whole = Math.round(value)
    return print(whole, printing) === 'printed' && whole === value ? 'printed' : 'dropped'
  }
}

/** A printer for upstreams that refuse a number below one, by which other hosts mean no limit (-1 at vLLM). */
export function printTopK(name: string) {
  return (value: number, printing: ParameterPrinting): PrintOutcome =>
    value < 1 ? 'dropped' : printWholeWithin(1, Number.MAX_SAFE_INTEGER, name)(value, printing)
}

/** A printer for upstreams that refuse more than `max` stop sequences, and empty ones. */
export function printFirstStops(max: number, name: string) {
  return (stops: readonly string[], { members }: ParameterPrinting): PrintOutcome => {
    const some = stops.filter((stop) => stop !== '').slice(0, max)
    if (some.length > 0) members[name] = some
    return stops.length > some.length ? 'dropped' : 'printed'
  }
}

/** A printer for upstreams that refuse stop sequences of white space. */
export function printVisibleStops(name: string) {
  return (stops: readonly string[], { members }: ParameterPrinting): PrintOutcome => {
    const visible = stops.filter((stop) => stop.trim() !== '')
    if (visible.length > 0) members[name] = visible
    return visible.length < stops.length ? 'dropped' : 'printed'
  }
}
