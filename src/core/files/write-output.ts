import {UsageError} from '../errors.js';
import {writeFileAtomic} from './atomic-write.js';
import {describeSystemError} from './system-error.js';

/**
 * Writes a file that the user named by an option.
 * @throws UsageError (exit 2) if it cannot be written
 */
export async function writeOutput(path: string, option: string, text: string): Promise<void> {
  await writeFileAtomic(path, text).catch((error: unknown) => {
    throw new UsageError(
      `${path} (${option}) cannot be written: ${describeSystemError(error)}. Choose another path.`,
    );
  });
}
