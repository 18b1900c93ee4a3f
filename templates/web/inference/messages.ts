import type {PlacedMap} from '../../../src/datasets/activation-maps/placed-map.js';
import type {BackendFailure, WebBackend} from './backends.js';
import type {StoredMetadata} from './metadata.js';
import type {ModelSource} from './model-source.js';
import type {CanvasPixels} from './shrink.js';
import type {Answer} from './web-model.js';

export interface LoadRequest {
  readonly source: ModelSource;
  readonly metadata: StoredMetadata;
  /** The only backend to try. Default: those of this device, in their order */
  readonly backend?: WebBackend;
}

/** What a page says of a loaded model. */
export interface LoadedModel {
  readonly backend: WebBackend;
  readonly failures: readonly BackendFailure[];
  readonly inputSizes: readonly number[];
  readonly hasMaps: boolean;
}

export interface ClassifyRequest {
  /** Upright and opaque. Its memory is handed over. */
  readonly image: CanvasPixels;
  readonly withMaps: boolean;
}

/** An answer as it is sent, with activation maps if they were asked for. */
export type SentAnswer = Pick<Answer, 'ranked' | 'isUnknown' | 'members'> & {
  readonly maps: readonly PlacedMap[];
};

/** What can be asked of a model, with request and result. */
export interface ModelCalls {
  load: [LoadRequest, LoadedModel];
  classify: [ClassifyRequest, SentAnswer];
  /** Of the last answer. */
  computeMaps: [undefined, readonly PlacedMap[]];
}

/** What is done while a model loads. */
export type LoadStage =
  | {readonly stage: 'load'; readonly fraction: number}
  | {readonly stage: 'warm-up'; readonly backend: WebBackend};

export interface CallMessage {
  readonly id: number;
  readonly name: keyof ModelCalls;
  readonly request: unknown;
}

/** What comes back: that the script has started, how far a model is loaded, or the outcome of a call. */
export type ReplyMessage =
  | {readonly started: true}
  | {readonly progress: LoadStage}
  | {readonly id: number; readonly result: unknown}
  | {readonly id: number; readonly error: string};

/** An end of a channel: a worker, the inside of one, or a port. */
export interface Channel {
  onmessage: ((event: MessageEvent) => unknown) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}
