/** Folder of the page in the folder of its model, and names of scripts in it. */
export const PAGE_FOLDER = 'web';
export const SCRIPTS = {
  tensorflow: 'tf.min.js',
  webgpu: 'tf-backend-webgpu.min.js',
  wasm: 'tf-backend-wasm.min.js',
  inference: 'inference.js',
} as const;
export const WASM_BINARY = 'tfjs-backend-wasm-simd.wasm';

/** Where the files of a model are: below an address, or chosen by the user, since no page may read from disk by itself. */
export type ModelSource =
  /** Ends with `/`. */
  | {readonly root: string}
  /** By their paths in the folder of the model. */
  | {readonly files: ReadonlyMap<string, Blob>};

/** Opens a file of a model. @param path from the folder of the model, with `/` @throws Error if it is not there */
export async function openModelFile(source: ModelSource, path: string): Promise<Response> {
  if ('root' in source) {
    const response = await fetch(new URL(path, source.root));
    if (!response.ok) throw new Error(`${path} is not there (${response.status})`);
    return response;
  }
  const file = source.files.get(path);
  if (file === undefined) throw new Error(`${path} is not there`);
  return new Response(file);
}

/** Reads a file of a model as JSON. @throws Error if it is not there */
export const readModelJson = async <T>(source: ModelSource, path: string): Promise<T> =>
  (await (await openModelFile(source, path)).json()) as T;
