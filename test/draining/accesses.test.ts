/** Who hears that the certificates of a destination have changed: its lanes that are open, and no others. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { Accesses } from '../../src/draining/accesses.ts'
import { openTo } from '../../src/egress/egress.ts'
import { createDestination } from '../support/destination.ts'
import { getTlsFile } from '../support/test-server.ts'

test('a lane hears of changed certificates until it is closed, and the others go on hearing of them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tromost-accesses-'))
  const caFile = join(folder, 'ca.pem')
  copyFileSync(getTlsFile('ca.pem'), caFile)
  const accesses = new Accesses(openTo())
  const destination = createDestination({ url: 'https://127.0.0.1:1', tls: { caFile } })
  const access = accesses.open(destination)
  const heard: string[] = []
  const forget = accesses.onChange(destination, () => heard.push('closed'))
  accesses.onChange(destination, () => heard.push('open'))
  copyFileSync(getTlsFile('client.pem'), caFile)
  access.look()
  expect(heard).toEqual(['closed', 'open'])
  forget()
  copyFileSync(getTlsFile('broker.pem'), caFile)
  access.look()
  expect(heard).toEqual(['closed', 'open', 'open'])
  accesses.close()
  rmSync(folder, { recursive: true })
})
