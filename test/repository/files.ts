/** The files of the repository as they are on disk, without what is made or installed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const MADE = new Set(['node_modules', 'dist', 'data'])

/** Names of what lies in a folder; folders end with a slash. Hidden ones are left out. */
export function listNames(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && !MADE.has(name))
    .map(entry => (entry.isDirectory() ? `${entry.name}/` : entry.name))
}

/** Paths of all files below a folder. */
export function listFiles(folder: string): readonly string[] {
  return listNames(folder).flatMap(name => {
    const path = join(folder, name)
    return name.endsWith('/') ? listFiles(path) : [path]
  })
}

export function readText(path: string): string {
  return readFileSync(path, 'utf8')
}

/** The rows of all tables of a Markdown text, cell by cell, without the heads. */
export function readRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n')
  return lines
    .filter((line, index) => line.startsWith('|') && !isHead(line, lines[index + 1]))
    .map(line =>
      line
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim()),
    )
}

function isHead(line: string, next: string | undefined): boolean {
  return isRule(line) || (next !== undefined && isRule(next))
}

function isRule(line: string): boolean {
  return /^\|[\s|:-]+\|$/.test(line)
}
