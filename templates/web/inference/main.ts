import type {Channel} from './messages.js';
import {serveModelCalls} from './model-service.js';

/** The script of the model. In a worker it answers the page that started it; a page without workers hands it a port. */
if ('document' in globalThis) Object.assign(globalThis, {serveModelCalls});
else serveModelCalls(globalThis as unknown as Channel);
