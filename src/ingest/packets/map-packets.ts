/** Changes packets on their way. */
import { PacketReader } from '../packet-reader.ts'

/** What aedes writes at once holds whole packets. What `change` gives takes the place of one; undefined leaves it as it is. */
export function mapPackets(written: Buffer, change: (packet: PacketReader) => Buffer | undefined): Buffer {
  const reader = new PacketReader(Number.MAX_SAFE_INTEGER)
  reader.append(written)
  const packets: Buffer[] = []
  while (reader.next()) packets.push(change(reader) ?? written.subarray(reader.start, reader.end))
  return packets.length === 1 ? (packets[0] ?? written) : Buffer.concat(packets)
}
