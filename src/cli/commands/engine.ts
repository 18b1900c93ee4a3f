import {UsageError} from '../../core/errors.js';
import type {EngineInfo} from '../../engine/engine-info.js';
import {installEngine} from '../../engine/install.js';
import {proveEngine, type Proof} from '../../engine/proof.js';
import {startEngine} from '../../engine/runtime.js';
import type {Action, Request} from '../action.js';
import {engineSentence, engineWish, type EngineValues} from '../engine-view.js';
import {printable} from '../../core/printable.js';
import {printed} from '../run-summary.js';
import type {Terminal} from '../terminal.js';

const ONE_DNN = new Map([
  [true, 'in use'],
  [false, 'not in use'],
  [null, 'none'],
]);

function describe(info: EngineInfo, {matmul, conv2d}: Proof, {resultStyle, resultColumns}: Terminal): string {
  const speed = (figure: number): string => `${figure.toPrecision(3)} GFLOP/s`;
  const lines = [
    ['engine', engineSentence(info)],
    ['from', info.directory === undefined ? info.from : `${info.from}, in ${info.directory}`],
    ...info.devices.map((device, index): string[] => [index === 0 ? 'devices' : '', device]),
    ['oneDNN', ONE_DNN.get(info.oneDnn)!],
    ['matmul', speed(matmul)],
    ['conv2d', speed(conv2d)],
    ['versions', `tfjs ${info.tfjsVersion}, Node ${info.nodeVersion}`],
  ] as const;
  return printed(
    lines.map(([label, text]) => [label!, printable(text!)]),
    resultStyle,
    resultColumns,
  );
}

function checkTask({positionals: {task}, values: {from, offline, engine}}: Request): void {
  if (task !== undefined && task !== 'install') {
    throw new UsageError(`Expected install or nothing for finetune engine, but found "${String(task)}". See finetune engine --help.`);
  }
  if (task === undefined && from !== undefined) {
    throw new UsageError('Expected --from after finetune engine install, but found no install. Say finetune engine install --from ....');
  }
  if (task === 'install' && offline === true && from === undefined) {
    throw new UsageError('Expected --from WHEEL for finetune engine install --offline, but found nothing to install from. Give one.');
  }
  if (task === 'install' && engine === 'wasm') {
    throw new UsageError('Expected --engine auto or tensorflow for finetune engine install, but found wasm, which is always here.');
  }
}

/** `finetune engine [install]` */
export const engine: Action = async (request, session) => {
  checkTask(request);
  const asked = engineWish(request.values as unknown as EngineValues, session);
  const install = request.positionals.task === 'install';
  const from = request.values.from as string | undefined;
  if (install) await installEngine({from, onProgress: asked.onEvent, signal: session.signal});
  const info = await startEngine(install ? {...asked, engine: 'tensorflow'} : asked);
  const proof = proveEngine(info);
  return {document: {...info, gflops: proof}, text: describe(info, proof, session.terminal)};
};
