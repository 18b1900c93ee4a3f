import {isTensorFlow} from './binding.js';
import {portableOps} from './ops-portable.js';
import {tensorflowOps} from './ops-tensorflow.js';
import type {Ops} from './ops.js';

/** The operations of the engine that runs now. */
export const ops = (): Ops => (isTensorFlow() ? tensorflowOps : portableOps);
