import {join} from 'node:path';
import {toHost} from '../../backbones/parameters.js';
import {writeSafetensors} from '../../backbones/weights/safetensors-writer.js';
import type {Exporter} from './exporter.js';
import {loadModel} from '../load-model.js';
import {serializeWeightsMetadata} from '../model-files.js';
import {MODEL_FILES} from '../record/file-names.js';

/** Exporter of safetensors with torchvision's parameter names, which `loadModel` reads. */
export const safetensorsExporter: Exporter = {
  write: async (classifier, directory) => {
    // `format` tells other tools whose tensor layout is used.
    const metadata = {format: 'pt', ...serializeWeightsMetadata(classifier)};
    const path = join(directory, MODEL_FILES.tensors);
    await writeSafetensors(path, toHost(classifier.weights), metadata);
    return [MODEL_FILES.tensors];
  },
  read: directory => loadModel(directory),
};
