import {addScript, findTensorFlow, reasonOf} from './inference/backends.js';
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
} from './inference/messages.js';
import {PAGE_FOLDER, SCRIPTS, type ModelSource} from './inference/model-source.js';
import type {PlacedMap} from '../../src/datasets/activation-maps/placed-map.js';

interface OpenCall {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A model somewhere else, as the page sees it. */
export class ModelClient {
  readonly #calls = new Map<number, OpenCall>();
  #nextId = 0;

  /** @param hasWorker whether the model computes beside the page, which then never waits for it */
  constructor(
    private readonly channel: Channel,
    readonly hasWorker: boolean,
    private readonly onProgress: (stage: LoadStage) => void,
    /** Ends what computes, and frees its memory. */
    readonly close: () => void,
  ) {
    channel.onmessage = ({data}: MessageEvent<ReplyMessage>) => this.#receive(data);
  }

  #receive(message: ReplyMessage): void {
    if ('progress' in message) return this.onProgress(message.progress);
    if (!('id' in message)) return;
    const call = this.#calls.get(message.id);
    this.#calls.delete(message.id);
    if ('error' in message) call?.reject(new Error(message.error));
    else call?.resolve(message.result);
  }

  #call<Name extends keyof ModelCalls>(
    name: Name,
    request: ModelCalls[Name][0],
    transfer: Transferable[] = [],
  ): Promise<ModelCalls[Name][1]> {
    const id = this.#nextId++;
    return new Promise<unknown>((resolve, reject) => {
      this.#calls.set(id, {resolve, reject});
      const message: CallMessage = {id, name, request};
      this.channel.postMessage(message, transfer);
    }) as Promise<ModelCalls[Name][1]>;
  }

  /** Ends all that is waited for, since no answer will come. */
  fail(reason: string): void {
    for (const {reject} of this.#calls.values()) reject(new Error(reason));
    this.#calls.clear();
  }

  load = (request: LoadRequest): Promise<LoadedModel> => this.#call('load', request);

  classify = (request: ClassifyRequest): Promise<SentAnswer> =>
    this.#call('classify', request, [request.image.data.buffer]);

  /** Activation maps of the last answer. */
  computeMaps = (): Promise<readonly PlacedMap[]> => this.#call('computeMaps', undefined);
}

/** WebGL in a worker needs a canvas without a page. A browser whose pages alone have WebGL is faster without a worker. */
const hasWebGlInWorkers = (): boolean =>
  typeof OffscreenCanvas !== 'undefined' &&
  (new OffscreenCanvas(1, 1).getContext('webgl2') !== null ||
    document.createElement('canvas').getContext('webgl2') === null);

/** What a worker does after its scripts. */
const SERVE = 'serveModelCalls(globalThis)';

/**
 * The script of a worker. It is made here, since a worker that is loaded from an address has a content security policy of its own, or none;
 * this one has that of the page. Of a folder that was chosen, it is made of the scripts themselves: they have no address.
 */
function workerScript(source: ModelSource): Blob {
  const type = 'text/javascript';
  if ('root' in source) {
    const addresses = [SCRIPTS.tensorflow, SCRIPTS.inference].map(
      name => new URL(`${PAGE_FOLDER}/${name}`, source.root).href,
    );
    return new Blob([`importScripts(...${JSON.stringify(addresses)});`, SERVE], {type});
  }
  const {tensorflow, webgpu, wasm, inference} = SCRIPTS;
  const scripts = [tensorflow, webgpu, wasm, inference].map(name =>
    source.files.get(`${PAGE_FOLDER}/${name}`),
  );
  if (scripts.includes(undefined)) throw new Error('the folder has no scripts');
  return new Blob([...scripts.flatMap(script => [script!, '\n;']), SERVE], {type});
}

/** Starts a worker, and waits until its scripts have run. @throws Error if this browser does not let it */
async function startWorker(source: ModelSource): Promise<Worker> {
  if (typeof Worker === 'undefined' || !hasWebGlInWorkers()) throw new Error('no workers');
  const address = URL.createObjectURL(workerScript(source));
  try {
    const worker = new Worker(address);
    await new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = event => {
        event.preventDefault();
        worker.terminate();
        reject(new Error(event.message));
      };
    });
    return worker;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Runs the script of the model in the thread of the page. @throws Error if it is not there */
async function startInPage(): Promise<MessagePort> {
  const {port1, port2} = new MessageChannel();
  // Another folder may have been chosen before. To load TensorFlow.js twice would register all of it twice.
  if (findTensorFlow() === undefined) await addScript(SCRIPTS.tensorflow);
  await addScript(SCRIPTS.inference);
  const {serveModelCalls} = globalThis as {serveModelCalls?: (channel: Channel) => void};
  if (serveModelCalls === undefined) throw new Error(`${SCRIPTS.inference} is not there`);
  serveModelCalls(port1);
  return port2;
}

/** Starts what computes: beside the page where the browser can, else in the page. @throws Error */
export async function startModelClient(
  source: ModelSource,
  onProgress: (stage: LoadStage) => void,
): Promise<ModelClient> {
  const worker = await startWorker(source).catch(() => undefined);
  if (worker === undefined) {
    const port = await startInPage();
    return new ModelClient(port, false, onProgress, () => port.close());
  }
  const client = new ModelClient(worker, true, onProgress, () => worker.terminate());
  worker.onerror = event => client.fail(reasonOf(event));
  return client;
}
