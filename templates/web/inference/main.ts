import {serveModelCalls} from './model-service.js';

// The script of the model does nothing by itself: a worker or the page calls it.
Object.assign(globalThis, {serveModelCalls});
