/** `tromost secret`: a new secret for a device, or the stored form of a password that a person chose. */
import { createSecret, hashPassword, hashSecret } from '../registry/secret.ts'
import { loadSecretKey } from '../registry/secret-key.ts'

export async function runSecret({
  dataDir,
  password,
  json,
}: {
  dataDir: string
  password?: string
  json: boolean
}): Promise<void> {
  const secret = password === undefined ? createSecret() : undefined
  const passwordHash =
    secret === undefined ? await hashPassword(password ?? '') : hashSecret(secret, loadSecretKey(dataDir))
  if (json) {
    console.log(JSON.stringify({ ...(secret !== undefined && { secret }), passwordHash }))
    return
  }
  if (secret !== undefined) console.log(`password for the device, shown this once:  ${secret}`)
  console.log(`passwordHash for provision.yaml:           ${passwordHash}`)
}
