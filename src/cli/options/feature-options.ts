import {STAGES} from '../../backbones/resnet-specs.js';
import type {OptionTable} from '../../finetune/options/option.js';
import {pickOptions, withHelp} from './command-options.js';

const PATH = {type: 'string', minLength: 1} as const;

/** Options of the network, where no model is named. */
const NETWORK_OPTIONS = ['arch', 'weights', 'lastStage'];

const [first, last] = [2, STAGES.at(-1)! + 1];

/** Options of `export` besides those of a backend. */
export const EXPORT_OPTIONS: OptionTable = {
  out: {
    schema: PATH,
    help: 'folder of the model, or of the feature maps',
    defaultText: "the run's own, or <arch>-features",
    example: 'pets-model',
    isPath: true,
  },
  features: {
    schema: {
      type: 'string',
      pattern: `^c[${first}-${last}](,c[${first}-${last}])*$`,
      examples: ['c2,c3,c4,c5'],
    },
    help: 'export these feature maps for a detector instead, without the head',
    example: 'c2,c3,c4,c5',
  },
  ...pickOptions(...NETWORK_OPTIONS),
};

/** Options of `features` besides those of a folder and of a backend. */
export const FEATURE_VECTOR_OPTIONS: OptionTable = {
  model: {
    schema: PATH,
    help: 'a run, or the exported model in it, instead of --arch and --weights',
    example: 'runs/pets-resnet50',
    isPath: true,
  },
  ...pickOptions(...NETWORK_OPTIONS, 'imageSize', 'fit', 'pooling', 'cacheMemory', 'cacheDisk'),
  ...withHelp('overwrite', 'replace the files if they exist'),
  out: {
    schema: PATH,
    help: 'file of the vectors: .npy, with the names in a .csv next to it, or one .csv',
    default: 'features.npy',
    isPath: true,
  },
};

/** Flags that name a network, which a model has already. */
export const NETWORK_FLAGS: readonly string[] = [
  ...NETWORK_OPTIONS,
  ...['imageSize', 'fit', 'pooling'],
];
