import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

const made: string[] = [];

/** A fresh folder that is removed when the process ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'finetune-test-'));
  made.push(directory);
  return directory;
}

process.on('exit', () => {
  for (const directory of made) rmSync(directory, {recursive: true, force: true});
});
