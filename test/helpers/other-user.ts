import {chownSync, lchownSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {finetune} from './program.js';
import {temporaryDirectory} from './temporary.js';

/** `nobody`, on most systems. */
const NOBODY = 65_534;

/** Gives a folder and everything in it to a user. */
export function giveTo(user: number, folder: string): void {
  chownSync(folder, user, user);
  for (const name of readdirSync(folder, {recursive: true, encoding: 'utf8'}))
    lchownSync(join(folder, name), user, user);
}

/**
 * A user whom permissions stop: undefined where that is who runs the tests. Skips the calling tests where root runs them and nobody else
 * may run the program.
 */
export async function mereUserOrSkip(test: Mocha.Context): Promise<number | undefined> {
  if (process.platform === 'win32') test.skip();
  if (process.getuid!() !== 0) return undefined;
  const cwd = temporaryDirectory();
  giveTo(NOBODY, cwd);
  const {code} = await finetune(['schema'], {cwd, user: NOBODY}).catch(() => ({code: null}));
  if (code === 0) return NOBODY;
  console.log(
    '      (skipped: root ignores permissions, and another user may not run the program where it lies)',
  );
  return test.skip();
}
