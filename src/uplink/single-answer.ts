/** Reads what an NGSI-LD broker answers to the update and to the creation of one entity (ETSI GS CIM 009, 5.6.1 to 5.6.3). */
import { describeAnswer, parseJson, readAnswerText } from './answer-text.ts'
import type { HttpAnswer } from './http-post.ts'
import { isContextMissing } from './ngsi-ld-answer.ts'
import type { Postponed } from './verdict.ts'

export type EntityVerdict =
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'refused'; readonly detail: string }
  | Postponed

/** `incomplete`: some attributes were not taken, for the broker updates only those that the entity has. */
export function readUpdate(
  answer: HttpAnswer,
): EntityVerdict | { readonly kind: 'incomplete'; readonly detail: string } {
  if (answer.status === 204) return { kind: 'confirmed' }
  if (answer.status !== 207) return readOther(answer)
  const result = parseJson(answer.body)
  const notUpdated =
    typeof result === 'object' && result !== null ? Reflect.get(result, 'notUpdated') : undefined
  if (!Array.isArray(notUpdated)) return { kind: 'later', detail: `unexpected ${describeAnswer(answer)}` }
  return notUpdated.length === 0
    ? { kind: 'confirmed' }
    : { kind: 'incomplete', detail: describeAnswer(answer) }
}

/** `present`: the broker has the entity already. */
export function readCreation(
  answer: HttpAnswer,
): EntityVerdict | { readonly kind: 'present'; readonly answer: HttpAnswer } {
  if (answer.status === 201) return { kind: 'confirmed' }
  return answer.status === 409 ? { kind: 'present', answer } : readOther(answer)
}

function readOther(answer: HttpAnswer): EntityVerdict {
  return readAnswerText(answer, { isMistaken: isContextMissing(answer.body) })
}
