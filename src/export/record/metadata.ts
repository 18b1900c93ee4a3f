import type {Arch} from '../../backbones/resnet-specs.js';
import type {OpenSetRecord} from '../../training/open-set/open-set-record.js';
import type {Vote} from '../ensemble/vote.js';

interface Resampling {
  readonly interpolation: 'bilinear';
  readonly antialias: true;
}

/** How an image becomes the input of a network. `crop` follows a resize by the short side, `pad` one by the long side. */
export interface ResizeMetadata {
  /** Height and width of the input, in pixels. */
  readonly inputSize: number;
  readonly resize: Resampling &
    (
      | {readonly shortSide: number}
      | {readonly longSide: number}
      | {readonly width: number; readonly height: number}
    );
  readonly crop?: {readonly size: number; readonly position: 'center'};
  readonly pad?: {
    readonly size: number;
    readonly position: 'center';
    /** RGB, 0..255. */
    readonly color: readonly [number, number, number];
  };
}

/** Layers of `model.json` that an activation map is computed from. */
export interface ActivationMapMetadata {
  /** Layer whose output is the last feature map. */
  readonly features: string;
  /** `avg+max` concatenates both. */
  readonly pooling: 'avg' | 'avg+max';
  /** Dense layers of the head on the pooled features, in order. The last one gives the logits. */
  readonly head: readonly string[];
}

/** What `metadata.json` of a model and of an ensemble have in common. */
interface SharedMetadata {
  /** Class names; the index is the label. */
  readonly classNames: readonly string[];
  /** Below this probability of the best class, the web page says that it is not sure. */
  readonly unsureBelow: number;
  /** `finetune 0.1.0` */
  readonly createdBy: string;
  /** ISO 8601 */
  readonly createdAt: string;
}

/** Content of `metadata.json`: what a web page needs to know to feed the model. */
export interface ModelMetadata extends SharedMetadata, ResizeMetadata {
  readonly note: string;
  /** Sentences for the loaders of Teachable Machine and ml5. Class names are in `classNames`. */
  readonly labels: readonly string[];
  readonly arch: Arch;
  readonly pixels: {readonly order: 'RGB'; readonly range: readonly [0, 255]};
  readonly activationMap: ActivationMapMetadata;
  /** What tells images of none of the classes, if it was fitted. */
  readonly openSet?: OpenSetRecord;
}

/** Content of `metadata.json` of an ensemble. Each member has one of its own. */
export interface EnsembleMetadata extends SharedMetadata {
  readonly vote: Vote;
  readonly members: readonly {
    readonly name: string;
    readonly arch: Arch;
    /** Folder of the member, from the folder of the ensemble: `members/first` */
    readonly directory: string;
  }[];
}

/** A best class below it is wrong more often than right, if probabilities are calibrated. */
export const UNSURE_BELOW = 0.5;
