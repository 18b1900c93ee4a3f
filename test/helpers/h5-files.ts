import hdf5, {type File} from 'h5wasm';

let files = 0;

/** The bytes of an HDF5 file that `fill` filled. */
export async function h5File(fill: (file: File) => void): Promise<Buffer> {
  const {FS} = await hdf5.ready;
  const name = `drawn-${files++}.h5`;
  const file = new hdf5.File(name, 'w');
  fill(file);
  file.close();
  const bytes = Buffer.from(FS.readFile(name));
  FS.unlink(name);
  return bytes;
}
