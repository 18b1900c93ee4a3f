import type {Arch} from '../../backbones/resnet-specs.js';

/** A comparison of networks that are trained by the same recipe. */
export interface Study {
  readonly description: string;
  readonly question: string;
  /** Publication that asks it. */
  readonly source: string;
  /** Networks unless others are named. */
  readonly networks: readonly Arch[];
}

/** Studies by name. To add one, add a row; what is compared follows from the networks. */
export const STUDIES = {
  degradation: {
    description: 'plain and residual networks of two depths',
    question:
      'Is the deeper plain network worse in training error, and the deeper residual network better?',
    source: 'He et al., https://arxiv.org/abs/1512.03385, figures 4 and 6',
    networks: ['plain20', 'plain56', 'resnet20', 'resnet56'],
  },
  shortcuts: {
    description: 'shortcuts A (zeros), B (projections where the shape changes) and C (projections)',
    question: 'Do projections in the shortcuts lower the error?',
    source: 'He et al., https://arxiv.org/abs/1512.03385, table 3',
    networks: ['resnet56', 'resnet56_b', 'resnet56_c'],
  },
  preactivation: {
    description: 'original residual blocks and blocks with pre-activation',
    question: 'Do batch norm and relu before each convolution lower the error?',
    source: 'He et al., https://arxiv.org/abs/1603.05027, figure 1',
    networks: ['resnet110', 'preact_resnet110'],
  },
} as const satisfies Readonly<Record<string, Study>>;

export type StudyName = keyof typeof STUDIES;
export const STUDY_NAMES = Object.keys(STUDIES) as StudyName[];
