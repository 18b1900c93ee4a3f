import {tf, type Tensor2D} from '../../backend/tensorflow.js';
import type {Exporter} from '../formats/exporter.js';
import {serializeWeightsMetadata} from '../model-files.js';
import {runNetwork} from '../probabilities.js';
import {readLayersModel, writeLayersModel} from './layers-model-files.js';
import {toLayersModel} from './layers-model.js';

/** Exporter of a LayersModel, which `tf.loadLayersModel` reads in a browser and in Node. */
export const tfjsExporter: Exporter = {
  write: async (classifier, directory) => {
    const model = toLayersModel(classifier);
    try {
      model.setUserDefinedMetadata(serializeWeightsMetadata(classifier));
      return await writeLayersModel(model, directory);
    } finally {
      model.dispose();
    }
  },
  read: async (directory, size) => {
    const model = await readLayersModel(directory);
    return {
      probabilities: images =>
        runNetwork(images, size, pixels => model.predict(tf.cast(pixels, 'float32')) as Tensor2D),
      dispose: () => model.dispose(),
    };
  },
};
