import {UsageError} from './errors.js';
import {integerFrom, type ArgumentKind} from './arguments.js';
import {threadPoolSize} from './system-resources.js';
import {parseBoolean} from './text/parse-boolean.js';

/**
 * Reads a variable that the library obeys. An empty one counts as absent.
 * @throws UsageError (exit 2) for a value that `kind` does not accept
 */
export function readVariable(
  name: string,
  {accepts, expected}: ArgumentKind,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const value = environment[name];
  if (value === undefined || value === '') return undefined;
  if (accepts(value)) return value;
  throw new UsageError(`${name} in the environment is "${value}". Set it to ${expected}.`);
}

const BOOLEAN_TEXT: ArgumentKind = {
  expected: 'true or false',
  accepts: value => parseBoolean(value as string) !== undefined,
};

/** Whether to avoid the network: the option, else `FINETUNE_OFFLINE`, else no. @throws UsageError for an invalid variable */
export function isOffline(
  option: boolean | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  if (option !== undefined) return option;
  const value = readVariable('FINETUNE_OFFLINE', BOOLEAN_TEXT, environment);
  return value !== undefined && parseBoolean(value)!;
}

const {expected, accepts} = integerFrom(1);
const COUNT_TEXT: ArgumentKind = {expected, accepts: value => accepts(Number(value))};

/** Number of threads that decode images by default: `FINETUNE_WORKERS`, else Node's thread pool. @throws UsageError for an invalid variable */
export const defaultWorkers = (environment: NodeJS.ProcessEnv = process.env): number =>
  Number(readVariable('FINETUNE_WORKERS', COUNT_TEXT, environment) ?? threadPoolSize(environment));
