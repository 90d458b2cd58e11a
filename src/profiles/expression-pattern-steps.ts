/** The program of a regular expression: what a matcher does step by step. */

/** One step. Except after `split`, `jump` and `match`, the next step is the one that follows. */
export type Step =
  | { readonly op: 'character'; readonly test: (character: string) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'forget'; readonly from: number; readonly to: number }
  | { readonly op: 'assert'; readonly holds: (text: string, at: number) => boolean }
  | { readonly op: 'match' }

export type Node =
  | Extract<Step, { op: 'character' | 'assert' }>
  | { readonly op: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly op: 'either'; readonly options: readonly Node[] }
  | { readonly op: 'group'; readonly node: Node; readonly slot: number }
  | Repeat

interface Repeat {
  readonly op: 'repeat'
  readonly node: Node
  readonly min: number
  readonly max: number
  readonly isGreedy: boolean
  /** The slots of the groups inside: each round forgets what the one before has captured. */
  readonly slots: readonly [number, number]
}

/** Bounds the time of a match, which is at most steps × characters; `a{999}` takes as many steps as it says. */
const STEPS_MAX = 256

/** Holds the place of a split or a jump until it is known where that leads. */
const UNDECIDED: Step = { op: 'match' }

/** The pattern is longer than a program may be, or not one that we can match. */
export class PatternFault extends Error {}

export function compileSteps(node: Node): readonly Step[] {
  const steps: Step[] = []
  emit({ op: 'group', node, slot: 0 }, steps)
  append(steps, { op: 'match' })
  return steps
}

function emit(node: Node, steps: Step[]): void {
  switch (node.op) {
    case 'sequence':
      for (const part of node.nodes) emit(part, steps)
      return
    case 'either':
      emitEither(node.options, steps)
      return
    case 'group':
      append(steps, { op: 'save', slot: node.slot })
      emit(node.node, steps)
      append(steps, { op: 'save', slot: node.slot + 1 })
      return
    case 'repeat':
      emitRepeat(node, steps)
      return
    default:
      append(steps, node)
  }
}

function emitEither(options: readonly Node[], steps: Step[]): void {
  const [first, ...others] = options
  if (first === undefined) return
  if (others.length === 0) {
    emit(first, steps)
    return
  }
  const split = append(steps, UNDECIDED)
  emit(first, steps)
  const jump = append(steps, UNDECIDED)
  steps[split] = { op: 'split', first: split + 1, second: steps.length }
  emitEither(others, steps)
  steps[jump] = { op: 'jump', to: steps.length }
}

function emitRepeat({ node, min, max, isGreedy, slots: [from, to] }: Repeat, steps: Step[]): void {
  const emitRound = () => {
    if (to > from) append(steps, { op: 'forget', from, to })
    emit(node, steps)
  }
  for (let round = 0; round < min; round += 1) emitRound()
  const splits: number[] = []
  if (max === Number.POSITIVE_INFINITY) {
    const split = append(steps, UNDECIDED)
    splits.push(split)
    emitRound()
    append(steps, { op: 'jump', to: split })
  } else {
    for (let round = min; round < max; round += 1) {
      splits.push(append(steps, UNDECIDED))
      emitRound()
    }
  }
  for (const split of splits) {
    const [first, second] = isGreedy ? [split + 1, steps.length] : [steps.length, split + 1]
    steps[split] = { op: 'split', first, second }
  }
}

/** Answers where the step stands. */
function append(steps: Step[], step: Step): number {
  if (steps.length >= STEPS_MAX) throw new PatternFault(`a pattern of at most ${STEPS_MAX} steps`)
  return steps.push(step) - 1
}
