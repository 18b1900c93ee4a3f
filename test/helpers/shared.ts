import {existsSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../shared/', import.meta.url));

/** Absolute path of a file or folder of real images or weights next to the checkout; skips the calling test where it is absent. */
export function sharedOrSkip(test: Mocha.Context, path: string): string {
  const found = ROOT + path;
  if (!existsSync(found)) {
    test.test!.title += ` (skipped: ../shared/${path} is not here)`;
    test.skip();
  }
  return found;
}
