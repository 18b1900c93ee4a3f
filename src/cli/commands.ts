import type {CommandSpec} from './command.js';
import {DATASET_COMMANDS} from './command-specs/datasets.js';
import {MODEL_COMMANDS} from './command-specs/models.js';
import {SETUP_COMMANDS} from './command-specs/setup.js';
import {TRAINING_COMMANDS} from './command-specs/training.js';

export type {CommandSpec};

/** Every command, in the order of the help text. */
export const COMMANDS = {
  train: TRAINING_COMMANDS.train,
  check: DATASET_COMMANDS.check,
  preview: DATASET_COMMANDS.preview,
  evaluate: MODEL_COMMANDS.evaluate,
  predict: MODEL_COMMANDS.predict,
  try: MODEL_COMMANDS.try,
  export: MODEL_COMMANDS.export,
  features: DATASET_COMMANDS.features,
  report: TRAINING_COMMANDS.report,
  compare: TRAINING_COMMANDS.compare,
  study: TRAINING_COMMANDS.study,
  models: MODEL_COMMANDS.models,
  backend: SETUP_COMMANDS.backend,
  init: SETUP_COMMANDS.init,
  schema: SETUP_COMMANDS.schema,
  demo: TRAINING_COMMANDS.demo,
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
