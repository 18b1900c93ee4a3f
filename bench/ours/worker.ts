import {createInterface} from 'node:readline';
import {startBackend, type BackendInfo} from '../../src/backend/runtime/runtime.js';
import {tf} from '../../src/backend/tensorflow.js';
import {frozenTask} from './frozen.js';
import {imagesTask} from './images.js';
import {inferenceTask} from './inference.js';
import {stepTask} from './step.js';
import type {Task, TaskOptions} from './task.js';

const TASKS: Readonly<Record<string, (options: TaskOptions) => Promise<Task>>> = {
  frozen: frozenTask,
  images: imagesTask,
  inference: inferenceTask,
  step: stepTask,
};

const send = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** Of what computes; a product lets oneDNN say its own, where it was asked to. */
function versions({tensorflowVersion, nodeVersion}: BackendInfo): void {
  tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync());
  send({TensorFlow: tensorflowVersion, Node: nodeVersion});
}

/** A side of ours: `worker.js TASK OPTIONS`. Says when it is warm, then answers each line on standard input with a reading. */
const [name, optionsJson] = process.argv.slice(2);
const options = JSON.parse(optionsJson!) as TaskOptions;
const backend = await startBackend({
  backend: 'tensorflow',
  device: 'cpu',
  install: true,
  threads: options.threads,
});
if (name === 'versions') {
  versions(backend);
} else {
  const task = await TASKS[name!]!(options);
  send({ready: true});
  for await (const _ of createInterface({input: process.stdin})) send(await task());
}
process.exit(0);
