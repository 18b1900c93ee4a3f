import {isTensorFlow} from '../graph/binding.js';
import {portableOps} from './ops-portable.js';
import {tensorflowOps} from './ops-tensorflow.js';
import type {Ops} from './ops.js';

/** The operations of the current backend. */
export const ops = (): Ops => (isTensorFlow() ? tensorflowOps : portableOps);
