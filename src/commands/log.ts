/** The log on standard output: one JSON object per line, or the same for people. */
import { type Logger, pino } from 'pino'
import type pretty from 'pino-pretty'
import type { Config } from '../config/config.ts'
import { loadPackage } from '../load-package.ts'

export function createLog({ level, format }: Config['log']): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  if (format === 'json') return pino(options, pino.destination({ dest: 1, sync: true }))
  const toPeople = loadPackage('pino-pretty') as typeof pretty
  return pino(
    options,
    toPeople({ sync: true, ignore: 'hostname,pid', translateTime: 'SYS:HH:MM:ss', singleLine: true }),
  )
}
