import {fileURLToPath} from 'node:url';
import {checkArgument, OBJECT, PATH} from '../../core/arguments.js';
import {throwIfAborted} from '../../core/errors.js';
import {startBackend, type BackendOptions} from '../../backend/runtime/runtime.js';
import {modelDirectory} from '../record/model-directory.js';
import {readModelRecord} from '../record/read-model-record.js';
import {readTensors, toClassifier} from '../stored-network.js';
import {FeatureExtractor} from './feature-extractor.js';

const CALL = 'loadFeatureExtractor()';

/**
 * Loads the backbone of an exported model, for its feature maps. It uses the running backend, or starts one like `loadModel`.
 * @param location path or `file:` URL of a run or of an exported model
 * @param options options of `startBackend`, used if no backend is running yet. Nothing is installed unless `install` is set.
 * @throws InvalidModelError if it is not an exported model, or a file is missing, truncated, changed or from another export;
 * WeightsFileError; AbortedError; ArgumentError (exit 2); BackendError, GpuError (exit 4) if a requested backend is not available
 *
 * @example
 * import {loadFeatureExtractor} from 'finetune';
 *
 * const extractor = await loadFeatureExtractor('./pets-run');
 * const {c2, c5} = await extractor.features('./new-image.jpg', ['c2', 'c5']);
 * console.log(c2.shape, c5.shape, c5.data);
 * extractor.dispose();
 */
export async function loadFeatureExtractor(
  location: string | URL,
  options: BackendOptions = {},
): Promise<FeatureExtractor> {
  checkArgument(CALL, 'options', options, OBJECT);
  const path =
    location instanceof URL && location.protocol === 'file:' ? fileURLToPath(location) : location;
  checkArgument(CALL, 'directory', path, {...PATH, expected: 'the path of a directory'});
  const directory = modelDirectory(path as string) ?? (path as string);
  const record = await readModelRecord(directory);
  const tensors = await readTensors(directory, record);
  await startBackend(options);
  // A running backend is not started again and does not check the signal.
  throwIfAborted(options.signal);
  return new FeatureExtractor(directory, toClassifier(record, tensors));
}
