import { statfsSync } from 'node:fs';

/**
 * Throws when a directory lies on a network file system: the write-ahead log needs memory shared between connections
 * and honest locks, which those do not give; databases there break after months, not at once.
 */
export function assertLocalFiles(dir: string, fileSystem: number = fileSystemOf(dir)): void {
  const name = NETWORK.get(fileSystem);
  if (name === undefined) return;
  throw new Error(
    `${dir} is on ${name}, a network file system: SQLite can lose or damage data there. Use a local disk for STATEWIRE_DATA.`,
  );
}

function fileSystemOf(dir: string): number {
  // Elsewhere the number means something else.
  return process.platform === 'linux' ? statfsSync(dir).type : 0;
}

// Magic numbers of statfs(2). FUSE is not here: it is also what containers on a desktop mount local folders with.
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB 2'],
  [0x564c, 'NCP'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x19830326, 'BeeGFS'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);
