import type {CommandSpec} from './command.js';
import {DATASET_COMMANDS} from './command-specs/datasets.js';
import {MODEL_COMMANDS} from './command-specs/models.js';
import {SETUP_COMMANDS} from './command-specs/setup.js';
import {RUN_COMMANDS, TRAINING_COMMANDS} from './command-specs/training.js';

export type {CommandSpec};

/** Every command, in the order of the help text. */
export const COMMANDS = {
  ...TRAINING_COMMANDS,
  ...DATASET_COMMANDS,
  ...MODEL_COMMANDS,
  ...RUN_COMMANDS,
  ...SETUP_COMMANDS,
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
