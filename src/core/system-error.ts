import {constants} from 'node:os';
import {messageOf} from './errors.js';

/** What the system refused; Node's own words name the call, and not always the path. */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly errno?: number;
  readonly path?: string;
}

export const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';

interface Meaning {
  readonly why: string;
  readonly remedy: string;
}

const ROOM = 'Free some space, or choose another place (--out; FINETUNE_CACHE for caches; TMPDIR)';
const PLACE = 'Choose another place (--out; FINETUNE_CACHE for caches; TMPDIR), or make it writable';

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ENOSPC: {why: 'no space is left on the device', remedy: ROOM},
  EDQUOT: {why: 'your disk quota is used up', remedy: ROOM},
  EFBIG: {
    why: 'the file may not grow so large',
    remedy: `Raise the limit (ulimit -f), or choose another place (--out; FINETUNE_CACHE for caches; TMPDIR)`,
  },
  EROFS: {why: 'the file system is read-only', remedy: PLACE},
  EACCES: {why: 'permission is denied', remedy: PLACE},
  EPERM: {why: 'it is not permitted', remedy: PLACE},
  EIO: {why: 'the device reports an error', remedy: 'Check the disk or the network drive, then try again'},
  ESTALE: {why: 'the network drive has lost it', remedy: 'Mount the drive again, then try again'},
  ENOENT: {why: 'there is no such file or folder', remedy: 'Check the path, and whether something else has removed it'},
  EEXIST: {why: 'a file of that name is in the way', remedy: 'Choose another name, or remove the file'},
  ENOTDIR: {why: 'a part of the path is a file, and no folder', remedy: 'Check the path'},
  EISDIR: {why: 'it is a folder, and no file', remedy: 'Check the path'},
  ELOOP: {why: 'links lead in a circle', remedy: 'Check the links'},
  ENAMETOOLONG: {why: 'the name is too long', remedy: 'Choose a shorter one'},
  EBUSY: {why: 'it is in use', remedy: 'End what uses it, then try again'},
  EMFILE: {why: 'too many files are open', remedy: 'Raise the limit (ulimit -n), or give --workers 1'},
  ENFILE: {why: 'too many files are open on this machine', remedy: 'End other programs, then try again'},
  ENOMEM: {why: 'no memory is left', remedy: 'End other programs, or use a machine with more memory'},
};

/** `EDQUOT` also where Node says `Unknown system error -122`. */
export function codeOf({code, errno}: SystemError): string {
  if (code in MEANINGS || errno === undefined) return code;
  return Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? code;
}

/** Node's words without the call and the path behind them: names are escaped by who writes the sentence. */
const wordsOf = (error: SystemError): string => error.message.replace(/, [a-z]+(?: '[^]*)?$/, '');

/** Why the system refused, for a sentence that names the path itself; of other errors, their message. */
export const whyOf = (error: unknown): string =>
  isSystemError(error) ? (MEANINGS[codeOf(error)]?.why ?? wordsOf(error)) : messageOf(error);

/** `runs/pets/metrics.json: no space is left on the device. Free some space, or ...`; of other errors, their message. */
export function sentenceOf(error: unknown): string {
  const meaning = isSystemError(error) ? MEANINGS[codeOf(error)] : undefined;
  if (meaning === undefined || !isSystemError(error)) return messageOf(error);
  return `${error.path ?? `${error.syscall}()`}: ${meaning.why}. ${meaning.remedy}.`;
}
