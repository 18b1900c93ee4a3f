import {chmodSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {temporaryDirectory} from './temporary.js';

/** A folder of shell scripts that stand in for programs, to be a whole PATH. */
export function programs(scripts: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory();
  for (const [name, body] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}
