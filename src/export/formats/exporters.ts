import {MODEL_FILES, SHARD_NAME} from '../record/file-names.js';
import type {Exporter} from './exporter.js';

/** A format that every exported model holds its weights in. */
interface ExportFormatEntry {
  /** The file that names the format; a model may have more of them. */
  readonly file: string;
  readonly isFile: (name: string) => boolean;
  /** What reads it, for the docs. */
  readonly readers: string;
  readonly load: () => Promise<Exporter>;
}

/** The formats, in the order of their verification. A new one is a row here, and a file with its exporter. */
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

/** `tfjs` */
export type ExportFormat = keyof typeof EXPORTERS;

export const EXPORT_FORMATS = Object.keys(EXPORTERS) as readonly ExportFormat[];

/** Whether an exported model has a file of this name. */
export const isModelFile = (name: string): boolean =>
  Object.values<string>(MODEL_FILES).includes(name) ||
  Object.values<ExportFormatEntry>(EXPORTERS).some(({isFile}) => isFile(name));
