import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {formatCount} from '../../core/text/format-count.js';
import {printableJson} from '../../core/text/printable.js';
import {labelsText} from '../model-files.js';
import {ENSEMBLE_FILES, MODEL_FILES} from '../record/file-names.js';
import {UNSURE_BELOW, type EnsembleMetadata} from '../record/metadata.js';
import type {EnsembleRecord} from './ensemble-record.js';
import type {Vote} from './vote.js';

const VOTE_TEXTS: Readonly<Record<Vote, string>> = {
  mean: 'The result is the mean of their probabilities.',
  logits: 'The result is the softmax of the mean of their logits.',
  majority:
    'Each votes for its most likely class; the mean of their probabilities breaks ties as one more vote.',
};

// From dist/src/export/ensemble/ to the package root.
const templatePath = (name: string): string =>
  fileURLToPath(new URL(`../../../../templates/ensemble/${name}`, import.meta.url));

/** Content of `README.md` for an exported ensemble without a model card, from `templates/ensemble/README.md`. */
export function ensembleReadme({members, classes, vote, createdBy}: EnsembleRecord): string {
  const values: Readonly<Record<string, string>> = {
    networks: `${formatCount(members.length, 'network')} (${members.map(({arch}) => arch).join(', ')})`,
    classes: String(classes.length),
    vote: VOTE_TEXTS[vote],
    createdBy,
  };
  return readFileSync(templatePath(MODEL_FILES.card), 'utf8').replace(
    /\{\{(\w+)\}\}/g,
    (_, key: string) => values[key]!,
  );
}

/** Content of `metadata.json` of an ensemble: what a web page needs to know to combine the members. */
const ensembleMetadata = (record: EnsembleRecord): EnsembleMetadata => ({
  classNames: record.classes,
  vote: record.vote,
  members: record.members.map(({name, arch}) => ({
    name,
    arch,
    directory: `${ENSEMBLE_FILES.members}/${name}`,
  })),
  createdBy: record.createdBy,
  createdAt: record.createdAt,
  unsureBelow: UNSURE_BELOW,
});

/** Writes the files of an exported ensemble next to its members and its web page: the record, the metadata, the labels and the README. */
export async function writeEnsembleFiles(
  directory: string,
  record: EnsembleRecord,
  readme: string = ensembleReadme(record),
): Promise<void> {
  const write = (name: string, text: string): Promise<void> =>
    writeFileAtomic(join(directory, name), text);
  await write(MODEL_FILES.labels, labelsText(record.classes));
  await write(MODEL_FILES.card, readme);
  await write(MODEL_FILES.metadata, `${printableJson(ensembleMetadata(record))}\n`);
  await write(ENSEMBLE_FILES.record, `${printableJson(record)}\n`);
}
