import {copyFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {printableJson} from '../../core/text/printable.js';
import {labelsText} from '../model-files.js';
import {ENSEMBLE_FILES, MODEL_FILES} from '../record/file-names.js';
import type {EnsembleRecord} from './ensemble-record.js';
import type {Vote} from './vote.js';

const VOTE_TEXTS: Readonly<Record<Vote, string>> = {
  mean: 'The result is the mean of their probabilities.',
  logits: 'The result is the softmax of the mean of their logits.',
  majority:
    'Each votes for its most likely class; the mean of their probabilities breaks ties as one more vote.',
};

/** Content of `README.md` for an exported ensemble without a model card. */
export const ensembleReadme = ({members, classes, vote, createdBy}: EnsembleRecord): string => `# \
Ensemble of image classifiers

${members.length} networks (${members.map(({arch}) => arch).join(', ')}) that tell ${classes.length} classes apart (\`labels.txt\`).
${VOTE_TEXTS[vote]} Exported by ${createdBy}.

Each folder in \`members\` is an exported model of its own, with its own preprocessing. \`ensemble.json\` says how they are combined.

On the command line:

\`\`\`sh
npx finetune predict . image.jpg
\`\`\`

In Node:

\`\`\`js
import {loadModel} from 'finetune';

const model = await loadModel('.');
const [best] = await model.classify('image.jpg');
\`\`\`

In a browser: serve this folder with any static web server and open \`index.html\`.
`;

// From dist/src/export/ensemble/ to the package root.
const templatePath = (name: string): string =>
  fileURLToPath(new URL(`../../../../templates/ensemble/${name}`, import.meta.url));

/** Writes the files of an exported ensemble next to its members: the record, the labels, the README and the web page. */
export async function writeEnsembleFiles(
  directory: string,
  record: EnsembleRecord,
  readme: string = ensembleReadme(record),
): Promise<void> {
  const write = (name: string, text: string): Promise<void> =>
    writeFileAtomic(join(directory, name), text);
  for (const name of [ENSEMBLE_FILES.page, ENSEMBLE_FILES.script])
    await copyFile(templatePath(name), join(directory, name));
  await write(MODEL_FILES.labels, labelsText(record.classes));
  await write(MODEL_FILES.card, readme);
  await write(ENSEMBLE_FILES.record, `${printableJson(record)}\n`);
}
