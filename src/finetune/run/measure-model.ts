import {tf} from '../../backend/tensorflow.js';
import {runNetwork} from '../../export/probabilities.js';
import {MODEL_FILES} from '../../export/record/file-names.js';
import type {ModelRecord} from '../../export/record/model-record.js';
import {noiseImages} from '../../export/verify-model.js';
import type {Classifier} from '../../heads/classifier.js';
import {toInference} from '../../heads/inference-model.js';
import type {ModelSize} from '../../report/run-record.js';

/** Passes that are timed, and the time after which no more are, in milliseconds. */
const PASSES = 5;
const MAX_MILLISECONDS = 1500;

/** Median time of a forward pass in milliseconds. The first pass compiles the network and is not counted. */
export function measurePass(run: () => void): number {
  run();
  const passes: number[] = [];
  const start = performance.now();
  do {
    const began = performance.now();
    run();
    passes.push(performance.now() - began);
  } while (passes.length < PASSES && performance.now() - start < MAX_MILLISECONDS);
  return passes.sort((a, b) => a - b)[passes.length >> 1]!;
}

/**
 * Measures an exported model.
 * @param record record of the exported model, with the sizes of its files
 */
export function measureModel(
  classifier: Classifier,
  {files}: Pick<ModelRecord, 'files'>,
): ModelSize {
  const {
    weights,
    preprocessing: {cropSize},
  } = classifier;
  const image = noiseImages(classifier)[0]!.subarray(0, 3 * cropSize ** 2);
  const bytes = Object.entries(files).map(([name, file]) => ({name, bytes: file.bytes}));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const network = toInference(classifier);
  try {
    return {
      webBytes: sum(bytes.flatMap(({name, bytes}) => (name === MODEL_FILES.tensors ? [] : bytes))),
      tensorBytes: files[MODEL_FILES.tensors]?.bytes ?? 0,
      parameters: sum(
        [...weights].flatMap(([name, {size}]) => (name.includes('.running_') ? [] : size)),
      ),
      imageMilliseconds: measurePass(() => {
        runNetwork(image, cropSize, pixels => tf.softmax(network.logits(pixels)));
      }),
    };
  } finally {
    network.dispose();
  }
}
