import {existsSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {checkArgument, PATH} from '../../core/arguments.js';
import {redactUrl} from '../../core/text/redact-url.js';
import {shellQuote} from '../../core/text/printable.js';
import {isUrl, explainUrlNotDownloaded} from '../../core/text/url.js';
import {ENSEMBLE_FILES, MODEL_FILES} from './file-names.js';
import {InvalidModelError} from './invalid-model-error.js';

export const isEnsemble = (directory: string): boolean =>
  existsSync(join(directory, ENSEMBLE_FILES.record));

/**
 * Directory of an exported model or ensemble: the given directory, or `model` in it if that is a run. Undefined if there is none.
 */
export const modelDirectory = (directory: string): string | undefined =>
  [directory, join(directory, 'model')].find(
    candidate => existsSync(join(candidate, MODEL_FILES.record)) || isEnsemble(candidate),
  );

/** Path or `file:` URL of a run, an exported model or an exported ensemble. */
export type ModelLocation = string | URL;

function resolveDirectory(call: string, location: unknown): string {
  const path =
    location instanceof URL && location.protocol === 'file:' ? fileURLToPath(location) : location;
  checkArgument(call, 'directory', path, {...PATH, expected: 'the path of a directory'});
  return modelDirectory(path as string) ?? (path as string);
}

/**
 * Directories of exported models, at least one.
 * @param call the function, for an error
 * @throws ArgumentError for an empty list, or a value that is no location
 */
export function resolveDirectories(
  call: string,
  locations: ModelLocation | readonly ModelLocation[],
): readonly [string, ...string[]] {
  const [first, ...others] = Array.isArray(locations) ? (locations as unknown[]) : [locations];
  return [resolveDirectory(call, first), ...others.map(other => resolveDirectory(call, other))];
}

const HINT = 'Give the directory of a finished run, or the model folder in it.';

/** @throws InvalidModelError for a URL or a path that is not a directory; a missing directory passes */
export async function assertDirectory(directory: string): Promise<void> {
  if (isUrl(directory))
    throw new InvalidModelError(
      {path: redactUrl(directory)},
      explainUrlNotDownloaded(directory, 'a model'),
    );
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return;
  const isArchive = /\.(?:zip|tar|tgz|tar\.gz|rar|7z|tar\.xz|tar\.zst)$/i.test(directory);
  const remedy = isArchive ? 'Unpack it, and give the model folder in it.' : HINT;
  throw new InvalidModelError(
    {path: directory},
    `${directory} is ${isArchive ? 'an archive' : 'a file'}, and a model is a folder. ${remedy}`,
  );
}

/** Suggested remedy for a directory without a model. */
export function remedyFor(directory: string): string {
  if (existsSync(join(directory, 'checkpoints', 'best')))
    return `Make it from the run's weights: finetune export ${shellQuote(directory)}`;
  if (existsSync(join(directory, 'features.json')))
    return 'It holds feature maps without a head (loadFeatureExtractor). Give an exported classifier.';
  if (existsSync(join(directory, 'folds.json')))
    return `Give a run of the cross-validation, such as ${shellQuote(join(directory, 'fold-1'))}`;
  return existsSync(join(directory, 'recipe.json'))
    ? `The run has not ended. Resume it: finetune --resume ${shellQuote(directory)}`
    : HINT;
}
