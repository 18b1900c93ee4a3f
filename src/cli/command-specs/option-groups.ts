/** JSON Schema of a path. */
export const PATH_SCHEMA = {type: 'string', minLength: 1} as const;

export const BACKEND_OPTION_NAMES = ['backend', 'device', 'workers', 'offline'] as const;
/** Options for reading a folder or a list of images. */
export const DATASET_OPTION_NAMES = [
  'classes',
  'exclude',
  'pathColumn',
  'labelColumn',
  'followLinks',
] as const;
export const OUTPUT_OPTION_NAMES = ['json', 'quiet', 'verbose'] as const;
