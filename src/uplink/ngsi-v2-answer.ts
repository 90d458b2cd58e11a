/** Reads what Orion answers to a batch of NGSIv2: it names entities only in prose. */
import { describeAnswer, parseJson, readAnswerText } from './answer-text.ts'
import type { HttpAnswer } from './http-post.ts'
import type { Verdict } from './verdict.ts'

/** What of a sent entity an answer can name. */
interface Sent {
  readonly id: string
  readonly type: string
}

/** The header of the tenant or of its path is at fault, and no entity is. */
const TENANT_REFUSED = /\b(?:tenant name|service ?path)\b/i
/** Where such prose says which entities were left out, and others were taken. */
const PROSE = /do not exist: (.*)$/s
/** `id/type - [attributes]`; the dash is not always there. */
const CULPRIT = /(\S+) (?:- )?\[[^\]]*\]/g

/** `sent` are the entities that the answer is about. */
export function readNgsiV2Answer(answer: HttpAnswer, sent: readonly Sent[]): Verdict {
  if (answer.status === 204) return { kind: 'answered', refused: new Map() }
  const { error, description } = parseFault(answer.body)
  const culprits = findCulprits(description, sent)
  if (answer.status === 422 && error === 'PartialUpdate' && culprits !== undefined) {
    return { kind: 'answered', refused: new Map(culprits.map(id => [id, describeAnswer(answer)])) }
  }
  // All of them are missing, so that waiting would be for ever.
  if (answer.status === 404 && culprits?.length === sent.length) {
    return { kind: 'answered', refused: new Map(culprits.map(id => [id, describeAnswer(answer)])) }
  }
  return answer.status === 400 && TENANT_REFUSED.test(description)
    ? { kind: 'barred', code: 'DESTINATION_MISTAKEN', detail: describeAnswer(answer) }
    : readAnswerText(answer)
}

/** The ids of those that the prose names; undefined where it names none, or one that was not sent. */
function findCulprits(description: string, sent: readonly Sent[]): readonly string[] | undefined {
  const [, list = ''] = PROSE.exec(description) ?? []
  const named = [...list.matchAll(CULPRIT)].map(([, name = '']) => name)
  const found = named.map(name => sent.find(({ id, type }) => name === `${id}/${type}`)?.id)
  const known = found.filter(id => id !== undefined)
  return known.length > 0 && known.length === found.length ? known : undefined
}

function parseFault(body: string): { readonly error: string; readonly description: string } {
  const json = parseJson(body)
  const { error = '', description = '' }: Record<string, unknown> =
    typeof json === 'object' && json !== null ? { ...json } : {}
  return { error: String(error), description: String(description) }
}
