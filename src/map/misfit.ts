/** A value that is there but cannot be used: of the wrong kind, out of its range, not in its table. */
export class Misfit {
  readonly expectation: string
  readonly got: unknown

  constructor(expectation: string, got: unknown) {
    this.expectation = expectation
    this.got = got
  }
}
