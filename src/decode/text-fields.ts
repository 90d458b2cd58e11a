/** One line of text split at a separator, with quoted fields as RFC 4180 has them, but without line ends in them. */

/** Fields are trimmed unless they are quoted. */
export function splitFields(line: string, separator: string): readonly string[] {
  if (!line.includes('"')) return line.split(separator).map(text => text.trim())
  const fields: string[] = []
  let field = ''
  let isQuoted = false
  for (const character of line) {
    if (character === '"') isQuoted = !isQuoted
    if (character === separator && !isQuoted) {
      fields.push(unquote(field))
      field = ''
    } else {
      field += character
    }
  }
  return [...fields, unquote(field)]
}

function unquote(field: string): string {
  const text = field.trim()
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"')
  return isQuoted ? text.slice(1, -1).replaceAll('""', '"') : text
}
