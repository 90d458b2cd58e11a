/** Opens what is provisioned: the files of the plan and the store, and the indexes by which all parts look things up. */
import { statSync } from 'node:fs'
import type { AuditLog } from '../audit/audit-log.ts'
import type { Config, DestinationConfig } from '../config/config.ts'
import { formatFault } from '../document.ts'
import type { Egress } from '../egress/egress.ts'
import { TromostError } from '../errors.ts'
import type { Engine } from '../journal/engine.ts'
import type { ProfilesInUse } from '../profile-versions/profiles-in-use.ts'
import { DEVICE_STATUS, withDeviceStatus } from '../profiles/device-status.ts'
import { listEntityClaims, listUnusualClaims } from '../profiles/entity-claims.ts'
import { toDestinationEntries } from '../provisioning/file-entries.ts'
import { Indexes } from '../provisioning/indexes.ts'
import { Provisioning } from '../provisioning/live-provisioning.ts'
import type { Place } from '../provisioning/provisioning.ts'
import { getEntityTypes } from '../validation/model-schemas.ts'
import { findBridgeFaults, type Plan } from './plan.ts'
import { useStored } from './profiles-live.ts'

export interface OpenedProvisioning {
  readonly provisioning: Provisioning
  readonly indexes: Indexes
  readonly getDestinations: () => readonly DestinationConfig[]
}

/** Throws PROVISION_INVALID. */
export async function openProvisioning(
  { config, key, provision, configFile }: Plan,
  { engine, audit, egress }: { readonly engine: Engine; readonly audit: AuditLog; readonly egress: Egress },
  inUse: ProfilesInUse,
): Promise<OpenedProvisioning> {
  let indexes: Indexes | undefined
  const updatedAt = Math.round(statSync(configFile).mtimeMs)
  const provisioning = await Provisioning.open({
    engine,
    audit,
    key,
    fromFiles: [...toDestinationEntries(config.destinations, updatedAt), ...provision],
    fileOf: ({ kind }: Place) => (kind === 'destination' ? configFile : config.provision),
    getSurroundings: () => ({
      profileIds: inUse.files,
      // While it opens, the profiles of the store are not known yet; what was stored was checked then.
      entityTypes: {
        has: type => indexes === undefined || getEntityTypes(withDeviceStatus(inUse.list())).has(type),
      },
      isBridged: tenant => config.bridges.some(bridge => bridge.tenant === tenant),
      profilesRevision: inUse.revision,
      listUnusualClaims: device => listUnusualClaims(device, inUse.find(device)?.entities ?? []),
      listClaims: (device, isStatusTold) => [
        ...listEntityClaims(device, inUse.find(device)?.entities ?? []),
        ...(isStatusTold ? listEntityClaims(device, DEVICE_STATUS.entities) : []),
      ],
      findKeyOwner: apikey => indexes?.registry.findKeyHolder(apikey)?.tenant,
      findCertificateOwner: name => indexes?.findCertificateOwner(name),
      findAddressFault: address => egress.findFault(address),
    }),
  })
  await useStored(inUse, provisioning)
  const entries = [...provisioning.entries()]
  checkBridges(config.bridges, entries, configFile)
  indexes = new Indexes(entries, config.destinations[0]?.id ?? '', key)
  const getDestinations = () => provisioning.destinations.map(({ parsed }) => parsed as DestinationConfig)
  return { provisioning, indexes, getDestinations }
}

function checkBridges(
  bridges: Config['bridges'],
  entries: Parameters<typeof findBridgeFaults>[1],
  file: string,
): void {
  const faults = findBridgeFaults(bridges, entries, file)
  if (faults.length > 0) throw new TromostError('PROVISION_INVALID', faults.map(formatFault).join('\n'))
}
