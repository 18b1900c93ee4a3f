import type {TensorFlow} from '../../../src/backend/tensorflow.js';
import {
  openModelFile,
  PAGE_FOLDER,
  SCRIPTS,
  WASM_BINARY,
  type ModelSource,
} from './model-source.js';

/** tfjs as its script defines it, with what the script of its WASM backend adds. */
type PageTensorFlow = TensorFlow & {
  readonly wasm: {setWasmPaths(prefix: string, usePlatformFetch: boolean): void};
};

/** TensorFlow.js, or undefined if `tf.min.js` is not there. */
export const findTensorFlow = (): PageTensorFlow | undefined =>
  (globalThis as {tf?: PageTensorFlow}).tf;

export const tensorFlow = (): PageTensorFlow => findTensorFlow()!;

/** Backends of tfjs by their names in it. */
export const BACKEND_TITLES = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WebAssembly',
  cpu: 'JavaScript',
} as const;
export type WebBackend = keyof typeof BACKEND_TITLES;

/** The part of WebGPU that is asked whether there is a GPU. */
interface Gpu {
  requestAdapter(): Promise<{
    readonly isFallbackAdapter?: boolean;
    readonly info?: {readonly isFallbackAdapter?: boolean};
  } | null>;
}

async function hasWebGpu(): Promise<boolean> {
  const {gpu} = navigator as {gpu?: Gpu};
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter != null && !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter);
}

/** Whether this is the thread of a page. */
export const isPage = (): boolean => 'document' in globalThis;

/** Names that drivers without a GPU go by. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** What draws for WebGL: a GPU, a program that imitates one, or nothing. */
function findWebGl(): 'gpu' | 'software' | undefined {
  const canvas = isPage() ? document.createElement('canvas') : new OffscreenCanvas(1, 1);
  const context = canvas.getContext('webgl2') as WebGL2RenderingContext | null;
  if (context === null) return undefined;
  const extension = context.getExtension('WEBGL_debug_renderer_info');
  const name: unknown = context.getParameter(
    extension?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER,
  );
  context.getExtension('WEBGL_lose_context')?.loseContext();
  return SOFTWARE.test(String(name)) ? 'software' : 'gpu';
}

/** Backends in the order to try them: a GPU first. WebAssembly is faster than an imitated GPU. */
export function orderBackends(
  isWebGpu: boolean,
  webGl: ReturnType<typeof findWebGl>,
): WebBackend[] {
  return [
    ...(isWebGpu ? (['webgpu'] as const) : []),
    ...(webGl === 'gpu' ? (['webgl'] as const) : []),
    'wasm',
    ...(webGl === 'software' ? (['webgl'] as const) : []),
    'cpu',
  ];
}

/** Backends to try on this device. */
export const findBackends = async (): Promise<WebBackend[]> =>
  orderBackends(await hasWebGpu(), findWebGl());

/** Loads a script next to the page into its thread. @throws Error if it is not there */
export const addScript = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = name;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${name} is not there`));
    document.head.append(script);
  });

/** Loads the script of a backend, unless it is a part of this worker's script. */
async function loadBackendScript(backend: 'webgpu' | 'wasm', source: ModelSource): Promise<void> {
  if (tensorFlow().findBackendFactory(backend) !== null) return;
  const name = SCRIPTS[backend];
  if (isPage()) await addScript(name);
  else if ('root' in source)
    (globalThis as unknown as {importScripts(url: string): void}).importScripts(
      new URL(`${PAGE_FOLDER}/${name}`, source.root).href,
    );
  else throw new Error(`${name} is not there`);
}

/** Loads the binary of WebAssembly here: tfjs would wait for a damaged one forever. @throws Error */
async function prepareWasm(source: ModelSource): Promise<void> {
  const tf = tensorFlow();
  const response = await openModelFile(source, `${PAGE_FOLDER}/${WASM_BINARY}`);
  const binary = await response.arrayBuffer();
  if (!WebAssembly.validate(binary)) throw new Error(`${WASM_BINARY} is damaged`);
  // The binary with threads needs headers that few servers send, and is not copied next to the page.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  const {platform} = tf.env();
  const {fetch} = platform;
  platform.fetch = async (path, init) =>
    path.endsWith('.wasm') ? new Response(binary) : fetch(path, init);
  tf.wasm.setWasmPaths('', true);
}

/** Makes tfjs compute on a backend. Its script is loaded only here. @throws Error */
export async function startWebBackend(name: WebBackend, source: ModelSource): Promise<void> {
  if (name === 'webgpu' || name === 'wasm') await loadBackendScript(name, source);
  if (name === 'wasm') await prepareWasm(source);
  const isStarted = await tensorFlow().setBackend(name);
  if (!isStarted || tensorFlow().getBackend() !== name) throw new Error('it does not start');
}

/** What was tried and failed, and why. */
export interface BackendFailure {
  readonly backend: WebBackend;
  readonly reason: string;
}

/** An attempt that succeeded, after others that failed. */
export interface Attempt<T> {
  readonly backend: WebBackend;
  readonly result: T;
  readonly failures: readonly BackendFailure[];
}

export const reasonOf = (error: unknown): string =>
  String((error as {message?: unknown} | undefined)?.message ?? error);

/** The first backend with which a task succeeds. @throws the error of the last one, if it succeeds with none */
export async function tryBackends<T>(
  backends: readonly WebBackend[],
  task: (backend: WebBackend) => Promise<T>,
): Promise<Attempt<T>> {
  const failures: BackendFailure[] = [];
  let lastError: unknown;
  for (const backend of backends)
    try {
      return {backend, result: await task(backend), failures};
    } catch (error) {
      lastError = error;
      failures.push({backend, reason: reasonOf(error)});
    }
  throw lastError;
}
