/** `npm run generate [FOLDER]`: writes the generated documents; with the published Smart Data Models in FOLDER, their names and terms too. */
import { writeFileSync } from 'node:fs'
import { GENERATED_DOCUMENTS } from './documents.ts'
import { readModelNames, toModelNamesJson } from './model-names.ts'
import { readModelTerms, toModelTermsJson } from './model-terms.ts'

const [, , folder] = process.argv

const names =
  folder === undefined
    ? {}
    : {
        'config/smart-data-models.json': toModelNamesJson(readModelNames(folder)),
        'config/smart-data-models-terms.json': toModelTermsJson(readModelTerms(folder)),
      }

for (const [path, text] of Object.entries({ ...GENERATED_DOCUMENTS, ...names })) {
  writeFileSync(path, text)
  console.log(path)
}
