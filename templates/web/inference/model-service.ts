import {findBackends, findTensorFlow, reasonOf, startWebBackend, tryBackends} from './backends.js';
import type {
  CallMessage,
  Channel,
  ClassifyRequest,
  LoadedModel,
  LoadRequest,
  LoadStage,
  ModelCalls,
  ReplyMessage,
  SentAnswer,
} from './messages.js';
import {openModelFile, SCRIPTS} from './model-source.js';
import {WebModel, type Answer} from './web-model.js';
import type {PlacedMap} from '../../../src/datasets/activation-maps/placed-map.js';

type Calls = {
  [Name in keyof ModelCalls]: (request: ModelCalls[Name][0]) => Promise<ModelCalls[Name][1]>;
};

/** A model that answers calls, in a worker or in the thread of the page. */
class ModelService implements Calls {
  #model: WebModel | undefined;
  /** The last answer, whose activation maps may still be asked for. */
  #answer: Answer | undefined;

  constructor(private readonly onProgress: (stage: LoadStage) => void) {}

  /** Loads a model on the first backend that runs it. Weights are on a backend, so each attempt loads them. */
  async load({source, metadata, backend: wanted}: LoadRequest): Promise<LoadedModel> {
    const tf = findTensorFlow();
    if (tf === undefined) throw new Error(`${SCRIPTS.tensorflow} is not there`);
    const missing: unknown[] = [];
    // All that TensorFlow.js reads, it reads from the model, which may have no address. It takes a status, but no rejection.
    tf.env().platform.fetch = path =>
      openModelFile(source, path.replace(/^\.\//, '')).catch((error: unknown) => {
        missing.push(error);
        return new Response(null, {status: 404});
      });
    const backends = wanted === undefined ? await findBackends() : [wanted];
    const {backend, failures, result} = await tryBackends(backends, async each => {
      await startWebBackend(each, source);
      const model = await WebModel.load(source, metadata, fraction =>
        this.onProgress({stage: 'load', fraction}),
      );
      this.onProgress({stage: 'warm-up', backend: each});
      try {
        await model.warmUp();
      } catch (error) {
        model.dispose();
        throw error;
      }
      return model;
    }).catch((error: unknown) => {
      throw missing[0] ?? error;
    });
    this.#model = result;
    return {backend, failures, inputSizes: result.inputSizes, hasMaps: result.hasMaps};
  }

  async classify({image, withMaps}: ClassifyRequest): Promise<SentAnswer> {
    const answer = await this.#model!.classify(image);
    this.#answer?.dispose();
    this.#answer = answer;
    const {ranked, isUnknown, members} = answer;
    return {ranked, isUnknown, members, maps: withMaps ? await answer.computeMaps() : []};
  }

  computeMaps = async (): Promise<PlacedMap[]> => (await this.#answer?.computeMaps()) ?? [];
}

/** Answers the calls that come through a channel, one after another. */
export function serveModelCalls(channel: Channel): void {
  const reply = (message: ReplyMessage): void => channel.postMessage(message);
  const service: Calls = new ModelService(progress => reply({progress}));
  let last: Promise<void> = Promise.resolve();
  channel.onmessage = ({data}: MessageEvent<CallMessage>) => {
    const {id, name, request} = data;
    const call = service[name] as (request: unknown) => Promise<unknown>;
    last = last
      .then(() => call.call(service, request))
      .then(result => reply({id, result}))
      .catch((error: unknown) => reply({id, error: reasonOf(error)}));
  };
  reply({started: true});
}
