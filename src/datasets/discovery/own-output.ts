/** Files that mark a folder that a run has written: a run, the runs of a cross-validation, or a model. */
const OUTPUT_MARKERS: readonly (readonly string[])[] = [
  ['recipe.json', 'environment.json'],
  ['recipe.json', 'folds.json'],
  ['recipe.json', '.lock'],
  ['finetune.json', 'model.json'],
];

/** Whether a folder with these names in it is a run or a model. They may be among images: `finetune .` leaves `runs` there. */
export const isFinetuneOutput = (names: ReadonlySet<string>): boolean =>
  OUTPUT_MARKERS.some(markerFiles => markerFiles.every(name => names.has(name))) ||
  [...names].join() === '.lock';
