import {preparePrecision, requirePrecision} from '../../backend/graph/precision.js';
import type {BackendEvent} from '../../backend/runtime/backend-info.js';
import {startTrainingBackend, type BackendInfo} from '../../backend/runtime/runtime.js';
import type {RunEvent} from '../events.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe} from '../recipe/recipe.js';

/** The start of a backend as an event of a run. */
function toRunEvent(event: BackendEvent): RunEvent {
  if (event.type === 'fallback') return {type: 'info', message: event.reason};
  const {step, bytes, totalBytes} = event;
  return {
    type: 'progress',
    ...{activity: 'backend', step},
    ...{done: bytes, total: totalBytes ?? bytes, unit: 'bytes'},
  };
}

/**
 * Starts the backend of a run, if none is running.
 * @throws BackendNotInstalledError if TensorFlow could be installed, and nothing says to install it or to do without; the errors of
 * `startBackend`; UnsupportedEnvironmentError for a precision that it lacks
 */
export async function startRunBackend(
  precision: Recipe['precision'],
  {backend: requested, device, offline, install, onEvent, signal}: FinetuneOptions,
): Promise<BackendInfo> {
  const backend = await startTrainingBackend({
    ...{backend: requested, device, offline, install, signal},
    onEvent: event => onEvent?.(toRunEvent(event)),
  });
  requirePrecision(precision, backend);
  preparePrecision(precision, backend);
  return backend;
}
