import {existsSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import promises from 'node:fs/promises';
import {syncBuiltinESMExports} from 'node:module';
import {basename, dirname, join, sep} from 'node:path';

/** What every operation on files gives from the crash on. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

const CHANGING = [
  'open',
  'writeFile',
  'rename',
  'rm',
  'rmdir',
  'mkdir',
  'link',
  'copyFile',
] as const;
type Changing = (typeof CHANGING)[number];
type Operation = (path: string, ...others: unknown[]) => Promise<unknown>;

/** Whether an operation would change anything. */
function changes(name: Changing, path: string, others: readonly unknown[]): boolean {
  if (name === 'rm') return existsSync(path);
  if (name === 'mkdir') return !existsSync(path);
  return name !== 'open' || others[0] !== 'r';
}

/** Half of a file, as a kill in the middle of writing leaves it. */
function tear(path: string, content: unknown): void {
  const pieces =
    typeof content === 'string' || content instanceof Uint8Array
      ? [content]
      : [...(content as Iterable<Uint8Array>)];
  const whole = Buffer.concat(pieces.map(piece => Buffer.from(piece as Uint8Array)));
  writeFileSync(path, whole.subarray(0, whole.length / 2));
}

/**
 * Runs `work` in a world that ends before the n-th operation that changes something in a folder: from then on each throws, as if the process
 * were gone. A file that was to be written then is there by half.
 * @param at counted from 0; Infinity for a world that does not end
 * @returns how many such operations there were
 */
export async function untilCrash(
  folder: string,
  at: number,
  work: () => Promise<unknown>,
): Promise<number> {
  const files = promises as unknown as Record<Changing, Operation>;
  const real = Object.fromEntries(CHANGING.map(name => [name, files[name]])) as Record<
    Changing,
    Operation
  >;
  let seen = 0;
  for (const name of CHANGING) {
    files[name] = async (path, ...others) => {
      if (!String(path).startsWith(folder + sep) || !changes(name, path, others))
        return real[name](path, ...others);
      if (seen < at) {
        seen++;
        return real[name](path, ...others);
      }
      if (seen++ === at && name === 'writeFile' && existsSync(dirname(path))) tear(path, others[0]);
      throw new Crash(`${name} ${path}`);
    };
  }
  syncBuiltinESMExports();
  try {
    await work();
  } catch (error) {
    if (at === Infinity) throw error;
  } finally {
    Object.assign(files, real);
    syncBuiltinESMExports();
  }
  return seen;
}

/** The process that held the locks in a folder, and wrote next to its files, is gone. */
export function orphan(folder: string): void {
  for (const name of readdirSync(folder, {recursive: true, encoding: 'utf8'}).sort().reverse()) {
    const path = join(folder, name);
    if (name.endsWith('.unfinished'))
      renameSync(
        path,
        join(dirname(path), basename(path).replace(`.${process.pid}-`, `.${process.pid}-0`)),
      );
    if (!/(^|[\\/])\.lock$/.test(name)) continue;
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text === '' ? '' : JSON.stringify({...(JSON.parse(text) as object), startedAt: 'before'}),
    );
  }
}
