/**
 * Loads a package at its first use. Those that few towns need are a quarter of the processor time of a start, and megabytes of
 * memory for as long as the agent runs.
 */
import { createRequire } from 'node:module'

export const loadPackage: (name: string) => unknown = createRequire(import.meta.url)
