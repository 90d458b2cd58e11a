import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { listFiles, readText } from './files.ts'

const LINK = /\[([^\]]+)\]\(([^)\s]+)\)/g
const files = listFiles('.').filter(file => file.endsWith('.md'))

describe.each(files)('%s', file => {
  const links = listLinks(readText(file))

  test('links to files and headings that are there', () => {
    expect(links.map(({ target }) => target).filter(target => !isThere(target, file))).toEqual([])
  })

  test('quotes the titles of tests as they are', () => {
    const wrong = links
      .filter(({ text, target }) => target.endsWith('.test.ts') && !text.endsWith('.ts'))
      .filter(({ text, target }) => !readText(join(dirname(file), target)).includes(text))
    expect(wrong).toEqual([])
  })
})

/** What is not on the web is in the repository. */
function listLinks(markdown: string): readonly { readonly text: string; readonly target: string }[] {
  const prose = markdown.replace(/^ *```.*?^ *```$/gms, '')
  return [...prose.matchAll(LINK)]
    .map(([, text = '', target = '']) => ({ text, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
}

function isThere(target: string, from: string): boolean {
  const [path = '', heading] = target.split('#')
  const file = path === '' ? from : join(dirname(from), path)
  if (!existsSync(file)) return false
  return heading === undefined || (statSync(file).isFile() && listHeadings(readText(file)).includes(heading))
}

/** Headings as they become anchors: small letters, hyphens for spaces, nothing else but letters and digits. */
function listHeadings(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
