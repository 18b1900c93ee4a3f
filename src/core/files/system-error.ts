import {constants} from 'node:os';
import {errorMessage} from '../errors.js';

/** An error of a system call. Node's message names the call, but not always the path. */
export interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly errno?: number;
  readonly path?: string;
}

export const isSystemError = (error: unknown): error is SystemError =>
  error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';

interface ErrorMeaning {
  readonly reason: string;
  readonly remedy: string;
}

const FREE_SPACE_REMEDY =
  'Free some space, or choose another place (--out; FINETUNE_CACHE for caches; TMPDIR)';
const WRITABLE_REMEDY =
  'Choose another place (--out; FINETUNE_CACHE for caches; TMPDIR), or make it writable';

const ERROR_MEANINGS: Readonly<Record<string, ErrorMeaning>> = {
  ENOSPC: {reason: 'no space is left on the device', remedy: FREE_SPACE_REMEDY},
  EDQUOT: {reason: 'your disk quota is used up', remedy: FREE_SPACE_REMEDY},
  EFBIG: {
    reason: 'the file may not grow so large',
    remedy: `Raise the limit (ulimit -f), or choose another place (--out; FINETUNE_CACHE for caches; TMPDIR)`,
  },
  EROFS: {reason: 'the file system is read-only', remedy: WRITABLE_REMEDY},
  EACCES: {reason: 'permission is denied', remedy: WRITABLE_REMEDY},
  EPERM: {reason: 'it is not permitted', remedy: WRITABLE_REMEDY},
  EIO: {
    reason: 'the device reports an error',
    remedy: 'Check the disk or the network drive, then try again',
  },
  ESTALE: {
    reason: 'the network drive has lost it',
    remedy: 'Mount the drive again, then try again',
  },
  ENOENT: {
    reason: 'there is no such file or folder',
    remedy: 'Check the path, and whether something else has removed it',
  },
  EEXIST: {
    reason: 'a file of that name is in the way',
    remedy: 'Choose another name, or remove the file',
  },
  ENOTDIR: {reason: 'a part of the path is a file, and no folder', remedy: 'Check the path'},
  EISDIR: {reason: 'it is a folder, and no file', remedy: 'Check the path'},
  ELOOP: {reason: 'links lead in a circle', remedy: 'Check the links'},
  ENAMETOOLONG: {reason: 'the name is too long', remedy: 'Choose a shorter one'},
  EBUSY: {reason: 'it is in use', remedy: 'End what uses it, then try again'},
  EMFILE: {
    reason: 'too many files are open',
    remedy: 'Raise the limit (ulimit -n), or give --workers 1',
  },
  ENFILE: {
    reason: 'too many files are open on this machine',
    remedy: 'End other programs, then try again',
  },
  ENOMEM: {
    reason: 'no memory is left',
    remedy: 'End other programs, or use a machine with more memory',
  },
};

/** Error code, with `EDQUOT` recognized where Node says `Unknown system error -122`. */
export function systemErrorCode({code, errno}: SystemError): string {
  if (code in ERROR_MEANINGS || errno === undefined) return code;
  return Object.entries(constants.errno).find(([, number]) => number === -errno)?.[0] ?? code;
}

/** Node's message without the call and the path after it. The caller escapes names itself. */
const nodeMessage = (error: SystemError): string =>
  error.message.replace(/, [a-z]+(?: '[^]*)?$/, '');

/** Reason of a system error, for a sentence that names the path itself. For other errors, their message. */
export const describeSystemError = (error: unknown): string =>
  isSystemError(error)
    ? (ERROR_MEANINGS[systemErrorCode(error)]?.reason ?? nodeMessage(error))
    : errorMessage(error);

/**
 * Full message of a system error: `runs/pets/metrics.json: no space is left on the device. Free some space, or ...`. For other errors,
 * their message.
 */
export function formatSystemError(error: unknown): string {
  const meaning = isSystemError(error) ? ERROR_MEANINGS[systemErrorCode(error)] : undefined;
  if (meaning === undefined || !isSystemError(error)) return errorMessage(error);
  return `${error.path ?? `${error.syscall}()`}: ${meaning.reason}. ${meaning.remedy}.`;
}
