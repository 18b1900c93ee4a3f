import {basename} from 'node:path';
import {shellQuote} from '../../core/text/printable.js';
import {formatMilliseconds, formatMillions} from '../format.js';
import {html, type Html} from '../html.js';
import {publicPath} from '../paths.js';
import {formatBytes} from '../../core/text/format-bytes.js';
import {commandBox} from '../run-details.js';
import type {ModelSize, RunRecord} from '../run-record.js';

const sizes = (
  {webBytes, tensorBytes, parameters, imageMilliseconds}: ModelSize,
  {backend, device}: RunRecord,
): Html => html`
  <p>
    <b>${formatBytes(webBytes)}</b> for a web page, <b>${formatBytes(tensorBytes)}</b> for Node and
    PyTorch, <b>${formatMillions(parameters)}</b> parameters. The network takes
    <b>${formatMilliseconds(imageMilliseconds)}</b> for one image, without decoding it (${backend}
    on ${device}).
  </p>
`;

/** Renders how to use the exported model: its size, and commands to copy. Paths are relative to the folder in which the run was started. */
export function useSection(record: RunRecord): Html {
  const path = publicPath(record.run);
  const run = shellQuote(path);
  const snippet = [
    "import {loadModel} from 'finetune';",
    '',
    `const model = await loadModel(${JSON.stringify(`./${path}/${basename(record.model)}`)});`,
    "const [best] = await model.classify('image.jpg');",
    '// best.className, best.probability',
  ].join('\n');
  const step = (label: string, command: string): Html =>
    html`<li>
      <p>${label}</p>
      ${commandBox(command)}
    </li>`;
  return html`
    ${record.modelSize !== undefined && sizes(record.modelSize, record)}
    <ul class="steps">
      ${step('Classify images', `finetune predict ${run} image.jpg`)}
      ${step('See it work on a page in your browser', `finetune try ${run}`)}
      ${step('Measure it on other images, in a folder for each class', `finetune evaluate ${run} --data DIR`)}
      ${step('Use it in Node', snippet)}
    </ul>
  `;
}
