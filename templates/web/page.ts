import {BACKEND_TITLES, reasonOf} from './inference/backends.js';
import type {LoadedModel, SentAnswer} from './inference/messages.js';
import type {StoredMetadata} from './inference/metadata.js';
import {describeCameraError, openCamera, type Camera} from './camera.js';
import {decodeImageFile, readCanvas, type Drawable} from './image-source.js';
import type {ModelClient} from './model-client.js';
import {
  announce,
  byId,
  clearAnswer,
  describeAnswer,
  drawImage,
  makeMapLayer,
  say,
  showAnswer,
  showBusy,
  showFacts,
} from './view.js';

/** Default for models of earlier versions. */
const UNSURE_BELOW = 0.5;
/** Shortest time between two answers of the camera that are read out. */
const ANNOUNCE_MS = 2000;

const nextFrame = (): Promise<unknown> => new Promise(resolve => requestAnimationFrame(resolve));

/** The page with a loaded model: it classifies one image after another, and the frames of the camera. */
export class Page {
  readonly #client: ModelClient;
  readonly #model: LoadedModel;
  readonly #unsureBelow: number;
  /** What is shown, if anything: the last answer belongs to it. */
  #image: {readonly drawable: Drawable; readonly label: string; close?(): void} | undefined;
  #answer: SentAnswer | undefined;
  /** What is laid over the image. */
  #mapLayer: HTMLCanvasElement | undefined;
  /** Size of the last image in the pixels of its activation maps. */
  #mapped = {width: 1, height: 1};
  #camera: Camera | undefined;
  /** Whether the camera is wanted: it takes a while to open, or to be allowed. */
  #isWatching = false;
  #queue: Promise<void> = Promise.resolve();
  #announcedAt = 0;

  constructor(client: ModelClient, model: LoadedModel, metadata: StoredMetadata) {
    this.#client = client;
    this.#model = model;
    this.#unsureBelow = metadata.unsureBelow ?? UNSURE_BELOW;
  }

  get #showsMap(): boolean {
    return byId<HTMLInputElement>('map').checked;
  }

  /** Shows how fast it is, and where it runs. */
  showFacts(milliseconds?: number): void {
    const {backend, failures, inputSizes} = this.#model;
    showFacts([
      ...(milliseconds === undefined
        ? []
        : ([['Time per image', `${milliseconds.toFixed(0)} ms`]] as const)),
      ['Runs on', BACKEND_TITLES[backend]],
      ...(this.#client.hasWorker
        ? []
        : ([['Without a worker', 'the page waits for each answer']] as const)),
      ...failures.map(
        failure => [`${BACKEND_TITLES[failure.backend]} failed`, failure.reason] as const,
      ),
      ['Input', inputSizes.map(size => `${size} × ${size}`).join(', ')],
    ]);
  }

  /** Classifies a file after those that were given before it. */
  classifyFile(file: File): Promise<void> {
    this.#stopCamera();
    return this.#enqueue(() => this.#classifyFile(file));
  }

  /** Runs a task after those that were given before it. A failure is shown, and does not stop the next one. */
  #enqueue(task: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue
      .then(task)
      .catch((error: unknown) => {
        clearAnswer();
        say('The image cannot be classified', reasonOf(error), true);
      })
      .finally(() => showBusy(false));
    return this.#queue;
  }

  async #classifyFile(file: File): Promise<void> {
    const label = file.name === '' ? 'Pasted image' : file.name;
    const image = await decodeImageFile(file).catch((error: unknown) => {
      clearAnswer();
      say(
        `${label} cannot be classified`,
        `${reasonOf(error)} Choose a JPEG, PNG, WebP or another image that browsers show.`,
        true,
      );
    });
    if (image === undefined) return;
    showBusy(true);
    try {
      await this.#classify(image);
    } catch (error) {
      image.close();
      throw error;
    }
    this.#image?.close?.();
    this.#image = {drawable: image, label, close: () => image.close()};
    this.#draw();
    showAnswer(this.#answer!, this.#unsureBelow, false);
  }

  /** Replaces the answer, and its activation maps if they are shown. */
  async #classify(drawable: Drawable): Promise<void> {
    const start = performance.now();
    const image = readCanvas(drawable);
    const {width, height} = image;
    const answer = await this.#client.classify({image, withMaps: this.#showsMap});
    this.showFacts(performance.now() - start);
    this.#answer = answer;
    this.#mapped = {width, height};
    this.#mapLayer = makeMapLayer(answer.maps, this.#mapped);
  }

  #draw(): void {
    if (this.#image === undefined) return;
    const {drawable, label} = this.#image;
    const [best] = this.#answer?.ranked ?? [];
    const what =
      this.#mapLayer === undefined ? '' : `, with where the model looks for ${best!.className}`;
    drawImage(drawable, `${label}${what}`, this.#mapLayer);
  }

  /** Shows or hides the activation map of the last answer. */
  toggleMap(): Promise<void> {
    return this.#enqueue(async () => {
      const maps = this.#showsMap ? await this.#client.computeMaps() : [];
      this.#mapLayer = makeMapLayer(maps, this.#mapped);
      this.#draw();
    });
  }

  async toggleCamera(): Promise<void> {
    if (this.#isWatching) return this.#stopCamera();
    this.#setWatching(true);
    try {
      const camera = await openCamera(() => this.#stopCamera());
      if (!this.#isWatching || this.#camera !== undefined) return camera.stop();
      this.#camera = camera;
      void this.#enqueue(() => this.#watch(camera));
    } catch (error) {
      this.#stopCamera();
      say('The camera cannot be used', describeCameraError(error), true);
    }
  }

  /** Shows frames until the camera is stopped: more of them than are classified. */
  async #show(camera: Camera): Promise<void> {
    while (this.#camera === camera) {
      await nextFrame();
      if (this.#camera === camera && camera.image.width > 0) this.#draw();
    }
  }

  /** Classifies frames until the camera is stopped. */
  async #watch(camera: Camera): Promise<void> {
    this.#image?.close?.();
    this.#image = {drawable: camera.image, label: 'Camera'};
    this.#answer = undefined;
    this.#mapLayer = undefined;
    clearAnswer();
    say('Camera', 'The first answer takes a moment.');
    void this.#show(camera);
    while (this.#camera === camera) {
      await nextFrame();
      if (this.#camera !== camera || camera.image.width === 0) continue;
      try {
        await this.#classify(camera.image);
      } catch (error) {
        this.#stopCamera();
        return say('The camera image cannot be classified', reasonOf(error), true);
      }
      if (this.#camera !== camera) return;
      showAnswer(this.#answer!, this.#unsureBelow, true);
      this.#announceLive();
    }
  }

  #announceLive(): void {
    if (performance.now() - this.#announcedAt < ANNOUNCE_MS) return;
    this.#announcedAt = performance.now();
    announce(describeAnswer(this.#answer!, this.#unsureBelow)[0]);
  }

  #stopCamera(): void {
    this.#camera?.stop();
    this.#camera = undefined;
    this.#setWatching(false);
  }

  #setWatching(isWatching: boolean): void {
    this.#isWatching = isWatching;
    const button = byId('camera');
    button.setAttribute('aria-pressed', String(isWatching));
    button.textContent = isWatching ? 'Stop the camera' : 'Use the camera';
  }
}
