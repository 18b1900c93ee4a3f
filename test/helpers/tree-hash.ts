import {createHash} from 'node:crypto';
import {lstatSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';

/** What of a file or link a change would show in, without opening anything that would wait. */
function traces(path: Buffer): readonly (string | Buffer)[] {
  const {mode, mtimeMs, size, ino} = lstatSync(path);
  const kind = mode & 0o170000;
  const content =
    kind === 0o100000 ? readFileSync(path) : kind === 0o120000 ? readlinkSync(path, 'buffer') : '';
  return [path, String([mode, mtimeMs, size, ino]), content];
}

function walk(path: Buffer, tell: (traces: readonly (string | Buffer)[]) => void): void {
  tell(traces(path));
  if (!lstatSync(path).isDirectory()) return;
  const names = readdirSync(path, {encoding: 'buffer'}).sort(Buffer.compare);
  for (const name of names) walk(Buffer.concat([path, Buffer.from('/'), name]), tell);
}

/** sha256 of everything below a folder: names, kinds, permissions, times of change, contents. */
export function treeHash(root: string): string {
  const hash = createHash('sha256');
  walk(Buffer.from(root), found => found.forEach(part => hash.update(part).update('\0')));
  return hash.digest('hex');
}
