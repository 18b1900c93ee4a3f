import type {CommandSpec} from '../command.js';
import {pickOptions, withHelp} from '../options/command-options.js';
import {OUTPUT_OPTION_NAMES, PATH_SCHEMA} from './option-groups.js';

/** Commands about the installation and recipe files. */
export const SETUP_COMMANDS = {
  backend: {
    usage: 'backend [task]',
    description: 'List and benchmark backends; backend install installs TensorFlow',
    options: {
      ...pickOptions('backend', 'device', 'offline', ...OUTPUT_OPTION_NAMES),
      from: {
        schema: PATH_SCHEMA,
        help: 'with install: a wheel, or a folder of wheels, instead of a download',
        example: 'wheels',
        isPath: true,
      },
    },
    examples: [['$0 backend install --from wheels/', 'on a machine without a network']],
    load: async () => (await import('../commands/backend.js')).backendCommand,
  },
  init: {
    usage: 'init [file]',
    description: 'Write a recipe file with every option explained',
    options: {
      ...withHelp('overwrite', 'replace the recipe file if it exists'),
      ...pickOptions(...OUTPUT_OPTION_NAMES),
    },
    positionals: {file: 'recipe file to write [default: recipe.jsonc]'},
    load: async () => (await import('../commands/init.js')).initCommand,
  },
  schema: {
    usage: 'schema [document]',
    description: 'Print the JSON Schema of recipe files, or of what check --json prints',
    options: pickOptions(...OUTPUT_OPTION_NAMES),
    load: async () => (await import('../commands/schema.js')).schemaCommand,
  },
} as const satisfies Record<string, CommandSpec>;
