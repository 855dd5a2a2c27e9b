import { createHash } from "node:crypto"

// RFC 9562's name space for names that are object identifiers of no further kind
const NAMESPACE = Buffer.from("6ba7b8129dad11d180b400c04fd430c8", "hex")

/** RFC 9562, version 5: the same name is always the same id, in every language that has `uuid5`. */
export const uuidV5 = (name: string): string => {
  const bytes = createHash("sha1").update(NAMESPACE).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}
