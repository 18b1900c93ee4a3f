import {MODEL_FILES, SHARD_NAME} from '../record/file-names.js';
import type {Exporter} from './exporter.js';

/** A weights format that every exported model includes. */
interface ExportFormatEntry {
  /** File that identifies the format. A model may have more files of it. */
  readonly file: string;
  readonly isFile: (name: string) => boolean;
  /** Software that reads the format, for the docs. */
  readonly readers: string;
  readonly load: () => Promise<Exporter>;
}

/** Weights formats, in the order of their verification. A new format needs a row here, and a file with its exporter. */
export const EXPORTERS = {
  tfjs: {
    file: MODEL_FILES.model,
    isFile: name => name === MODEL_FILES.model || SHARD_NAME.test(name),
    readers: '`tf.loadLayersModel`, in a browser or Node',
    load: async () => (await import('../tfjs/tfjs-exporter.js')).tfjsExporter,
  },
  safetensors: {
    file: MODEL_FILES.tensors,
    isFile: name => name === MODEL_FILES.tensors,
    readers: "PyTorch; the names are torchvision's",
    load: async () => (await import('./safetensors-exporter.js')).safetensorsExporter,
  },
} as const satisfies Record<string, ExportFormatEntry>;

/** Name of a weights format: `tfjs` */
export type ExportFormat = keyof typeof EXPORTERS;

export const EXPORT_FORMATS = Object.keys(EXPORTERS) as readonly ExportFormat[];

/** Whether an exported model has a file of this name. */
export const isModelFile = (name: string): boolean =>
  Object.values<string>(MODEL_FILES).includes(name) ||
  Object.values<ExportFormatEntry>(EXPORTERS).some(({isFile}) => isFile(name));
