/** What the embedded PostgreSQL must know about this machine, for tests; the product's own is made in `src/main`. */
import { tmpdir } from 'node:os';

import type { HostFacts } from '../src/store/embedded-postgres.ts';

export function hostFacts(): HostFacts {
  return { platform: process.platform, arch: process.arch, uid: process.getuid?.() ?? 0, tmpdir: tmpdir() };
}
