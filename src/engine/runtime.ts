import {createRequire} from 'node:module';
import {dirname, sep} from 'node:path';
import {MachineError} from '../core/errors.js';
import {addonOf, installedEngines, nodePackagesOf} from './engine-directory.js';
import {installEngine} from './install.js';
import {findTfjsPackage, loadNative} from './load.js';
import {openDoor, type TensorFlow} from './tensorflow.js';
import {tensorFlowBackend} from './binding.js';

export type EngineName = 'tensorflow' | 'wasm';

/** What a user asks of the engine. */
export interface EngineWish {
  readonly engine: 'auto' | EngineName;
  readonly device: 'auto' | 'cpu' | 'gpu' | `gpu:${number}`;
  readonly offline?: boolean;
  readonly threads?: number;
  readonly verbose?: boolean;
  readonly signal?: AbortSignal;
}

/** The engine in force. */
export interface EngineInfo {
  readonly engine: EngineName;
  readonly tensorflowVersion?: string;
  readonly tfjsVersion: string;
  /** `pip`, a wheel or directory, `stock` (tfjs-node-gpu's own addon) or `package` (the portable engine in our dependencies). */
  readonly from: string;
  readonly directory?: string;
  readonly device: 'cpu' | 'gpu';
  readonly devices: readonly string[];
  readonly threads: number;
  readonly oneDnn: boolean | null;
  readonly nodeVersion: string;
  readonly fallbackReason?: string;
}

let started: EngineInfo | undefined;

function prepareEnvironment(wish: EngineWish): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= wish.verbose ? '0' : '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  if (wish.device === 'cpu') process.env.CUDA_VISIBLE_DEVICES = '-1';
  if (wish.threads !== undefined) process.env.TF_NUM_INTRAOP_THREADS = String(wish.threads);
}

async function startTensorFlow(wish: EngineWish): Promise<EngineInfo> {
  const installed = installedEngines()[0] ?? (await installEngine());
  prepareEnvironment(wish);
  const tf = loadNative(findTfjsPackage(nodePackagesOf(installed.directory))!, addonOf(installed.directory));
  openDoor(tf);
  if (tf.getBackend() !== 'tensorflow') throw new MachineError(`Expected the tensorflow backend, but found ${tf.getBackend()}.`);
  return {
    engine: 'tensorflow',
    tensorflowVersion: tensorFlowBackend().binding.TF_Version,
    tfjsVersion: tf.version.tfjs,
    from: installed.from,
    directory: installed.directory,
    device: 'cpu',
    devices: [],
    threads: 0,
    oneDnn: true,
    nodeVersion: process.version,
  };
}

async function startWasm(): Promise<EngineInfo> {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs') as TensorFlow;
  const wasm = require('@tensorflow/tfjs-backend-wasm') as {setWasmPaths(prefix: string): void};
  wasm.setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  openDoor(tf);
  await tf.setBackend('wasm');
  if (tf.getBackend() !== 'wasm') throw new MachineError(`Expected the wasm backend, but found ${tf.getBackend()}.`);
  return {
    engine: 'wasm',
    tfjsVersion: tf.version.tfjs,
    from: 'package',
    device: 'cpu',
    devices: [],
    threads: 1,
    oneDnn: null,
    nodeVersion: process.version,
  };
}

/** Finds, loads and opens an engine; once a process. */
export async function startEngine(wish: EngineWish): Promise<EngineInfo> {
  started ??= wish.engine === 'wasm' ? await startWasm() : await startTensorFlow(wish);
  return started;
}
