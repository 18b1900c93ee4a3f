import {UsageError} from '../../../core/errors.js';
import {shellQuote} from '../../../core/text/printable.js';
import type {CommandInput} from '../../command.js';
import {findModels, type ModelArguments} from '../../find-model.js';
import {checkModels, type InferenceValues} from '../../inference-options.js';
import type {BackendValues} from '../../terminal/backend-view.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {STANDARD_INPUT, type InputValues} from './find-inputs.js';
import type {OutputValues} from './prediction-output.js';
import {isInside} from './sort-images.js';

export interface PredictValues extends BackendValues, InputValues, InferenceValues, OutputValues {
  readonly top: number;
  readonly watch?: string;
  readonly json?: boolean;
}

/** @throws UsageError (exit 2) if images would be written where they are classified again, or into a model */
function checkDestinations(
  {sort, explain, watch}: PredictValues,
  {directories, rest}: ModelArguments,
): void {
  const sources = [...directories, ...rest, ...(watch === undefined ? [] : [watch])];
  for (const [flag, folder] of Object.entries({'--sort': sort, '--explain': explain})) {
    const source = folder && sources.find(path => isInside(folder, path));
    if (!source) continue;
    const why = directories.includes(source)
      ? 'which is a model'
      : 'so its images would be classified again';
    throw new UsageError(
      `${flag} ${folder} is inside ${source}, ${why}. Give a folder outside ${source}.`,
    );
  }
}

/** Resolves the models and the images to classify. @throws UsageError (exit 2) without images, or if images would be written where they are read */
export async function resolvePredictArguments(
  {model, image}: CommandInput['positionals'],
  values: PredictValues,
  terminal: Terminal,
): Promise<ModelArguments> {
  const {vote, watch, sort, json} = values;
  if (watch !== undefined && json === true)
    throw new UsageError(
      '--json prints one document, and --watch has no end. Use --format jsonl: a document per image.',
    );
  const args = [model, ...(image as readonly unknown[])]
    .filter(arg => arg !== undefined)
    .map(String);
  if (args.length === 0 && watch === undefined)
    throw new UsageError('There are no images to classify. Run finetune predict [MODEL] IMAGE...');
  const found = findModels(args, terminal);
  await checkModels(found.directories, vote);
  checkDestinations(values, found);
  if (sort !== undefined && found.rest.includes(STANDARD_INPUT))
    throw new UsageError('An image from standard input has no name. Leave out --sort.');
  if (found.rest.length === 0 && watch === undefined)
    throw new UsageError(
      `There are no images to classify. Run finetune predict ${found.directories.map(shellQuote).join(' ')} IMAGE...`,
    );
  return found;
}
