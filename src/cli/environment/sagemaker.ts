import {cp} from 'node:fs/promises';
import type {OptionSource} from '../../finetune/options/merge-options.js';

// Variables of SageMaker's training containers.
const TRAINING_CHANNEL = 'SM_CHANNEL_TRAINING';
const MODEL_DIRECTORY = 'SM_MODEL_DIR';

/** Adds the training channel as the weakest source of `--data`. @param optionSources highest precedence first */
export function withTrainingChannel(
  optionSources: readonly OptionSource[],
  environment: NodeJS.ProcessEnv,
): readonly OptionSource[] {
  const data = environment[TRAINING_CHANNEL] ?? '';
  return data === '' ? optionSources : [...optionSources, {source: 'environment', values: {data}}];
}

/**
 * Copies an exported model to where SageMaker takes it from. Other files there are kept.
 * @returns the directory; undefined outside of SageMaker
 */
export async function copyToModelDirectory(
  model: string,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const directory = environment[MODEL_DIRECTORY] ?? '';
  if (directory === '') return undefined;
  await cp(model, directory, {recursive: true});
  return directory;
}
