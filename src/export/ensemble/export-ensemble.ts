import {mkdir, rm} from 'node:fs/promises';
import {resolve} from 'node:path';
import {
  ABORT_SIGNAL,
  checkArgument,
  checkOptions,
  OBJECT,
  oneOf,
  PATH,
  STRING,
  type OptionKinds,
} from '../../core/arguments.js';
import {temporaryPath} from '../../core/files/atomic-write.js';
import {resolveDirectories, type ModelLocation} from '../record/model-directory.js';
import {assertReplaceable, recoverDirectory, replaceDirectory} from '../replace-directory.js';
import {checkWebPage, writeWebPage} from '../web/web-page.js';
import type {EnsembleRecord} from './ensemble-record.js';
import {readModels} from './read-models.js';
import {VOTES} from './vote.js';
import {writeEnsemble, type EnsembleDetails} from './write-ensemble.js';

/**
 * Options of `exportEnsemble`.
 *
 * @example
 * await exportEnsemble(['./runs/a', './runs/b'], './ensemble', {vote: 'logits'});
 */
export interface ExportEnsembleOptions extends EnsembleDetails {
  readonly signal?: AbortSignal;
}

/**
 * An exported ensemble.
 *
 * @example
 * const {directory}: ExportEnsembleResult = await exportEnsemble(['./runs/a', './runs/b'], './ensemble');
 */
export interface ExportEnsembleResult {
  /** Absolute path. */
  readonly directory: string;
  readonly record: EnsembleRecord;
}

const OPTIONS: OptionKinds<ExportEnsembleOptions> = {
  vote: oneOf(...VOTES),
  metrics: OBJECT,
  readme: STRING,
  signal: ABORT_SIGNAL,
};

/**
 * Exports models of the same classes as one ensemble: a folder with a copy of each, a record of how they are combined, and a web page.
 * `loadModel`, the command line and the page load it as one model. The copy is read back and its hashes are checked before it is moved into
 * place.
 * @param locations runs, exported models or ensembles, which count as all their members
 * @throws InvalidModelError for a model that is damaged; ClassesDifferError (exit 2) for models of different classes
 * @throws OutputExistsError (exit 2) if the directory holds something other than an exported model
 * @throws ArgumentError (exit 2); AbortedError
 *
 * @example
 * import {exportEnsemble, loadModel} from 'finetune';
 *
 * const {directory} = await exportEnsemble(['./runs/a', './runs/b'], './ensemble');
 * const model = await loadModel(directory);
 */
export async function exportEnsemble(
  locations: readonly ModelLocation[],
  directory: string,
  options: ExportEnsembleOptions = {},
): Promise<ExportEnsembleResult> {
  checkArgument('exportEnsemble()', 'locations', locations, {
    expected: 'a list of directories',
    accepts: value => Array.isArray(value),
  });
  const sources = resolveDirectories('exportEnsemble()', locations);
  checkArgument('exportEnsemble()', 'directory', directory, {
    ...PATH,
    expected: 'the path of a directory',
  });
  checkOptions('exportEnsemble()', options, OPTIONS);
  const stored = await readModels(sources);
  const target = resolve(directory);
  await recoverDirectory(target);
  await assertReplaceable(target);
  const fresh = temporaryPath(target);
  try {
    await mkdir(fresh, {recursive: true});
    const details = {...options, web: await writeWebPage(fresh)};
    const record = await writeEnsemble(stored, fresh, details, options.signal);
    await readModels([fresh]);
    await checkWebPage(fresh, record.web ?? {});
    await replaceDirectory(fresh, target);
    return {directory: target, record};
  } finally {
    await rm(fresh, {recursive: true, force: true}).catch(() => undefined);
  }
}
