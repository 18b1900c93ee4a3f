import {createInterface} from 'node:readline';
import {startEngine, type EngineInfo} from '../../src/engine/runtime.js';
import {tf} from '../../src/engine/tensorflow.js';
import {frozen} from './frozen.js';
import {images} from './images.js';
import {inference} from './inference.js';
import {step} from './step.js';
import type {Task, TaskOptions} from './task.js';

const TASKS: Readonly<Record<string, (options: TaskOptions) => Promise<Task>>> = {frozen, images, inference, step};

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

/** Of what computes; a product lets oneDNN say its own, where it was asked to. */
function versions({tensorflowVersion, nodeVersion}: EngineInfo): void {
  tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync());
  say({TensorFlow: tensorflowVersion, Node: nodeVersion});
}

/** A side of ours: `worker.js TASK OPTIONS`. Says when it is warm, then answers each line on standard input with a reading. */
const [name, text] = process.argv.slice(2);
const options = JSON.parse(text!) as TaskOptions;
const engine = await startEngine({engine: 'tensorflow', device: 'cpu', threads: options.threads});
if (name === 'versions') {
  versions(engine);
} else {
  const task = await TASKS[name!]!(options);
  say({ready: true});
  for await (const _ of createInterface({input: process.stdin})) say(await task());
}
process.exit(0);
