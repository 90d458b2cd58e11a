/** What the doctor says of one thing. */
export interface Diagnosis {
  readonly subject: string
  /** fault: the agent does not start, or delivers nothing. */
  readonly state: 'ok' | 'warning' | 'fault'
  readonly found: string
  readonly remedy?: string
}
