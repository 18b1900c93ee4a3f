import {LAYER_GROUPS} from '../backbones/layer-groups.js';
import type {Finding} from '../core/finding.js';
import type {HeadSolution} from '../training/head-solver/solve-head.js';
import {formatCount} from '../core/text/format-count.js';
import {formatDuration, formatPercent} from './format.js';
import {html, type Html} from './html.js';
import {scrollable} from './page.js';
import {publicPath, redactPaths} from './paths.js';
import type {RunRecord, Timings} from './run-record.js';

const MAX_FILES = 200;
const SEVERITIES = ['error', 'warning', 'note'] as const;

const files = ({files: paths}: Finding): Html | false =>
  paths.length > 0 &&
  html`
    <details>
      <summary>${formatCount(paths.length, 'file')}</summary>
      <ul>
        ${paths.slice(0, MAX_FILES).map(path => html`<li><code>${path}</code></li>`)}
      </ul>
      ${paths.length > MAX_FILES && html`<p>and ${formatCount(paths.length - MAX_FILES, 'more file')}</p>`}
    </details>
  `;

/** Renders the findings about the dataset, most severe first. */
export function findingsSection(findings: readonly Finding[]): Html {
  if (findings.length === 0) return html`<p>No issues found.</p>`;
  const sorted = SEVERITIES.flatMap(severity =>
    findings.filter(finding => finding.severity === severity),
  );
  const item = (finding: Finding): Html =>
    html`<li class="${finding.severity}">
      <span class="badge">${finding.severity}</span>
      <div>${redactPaths(finding.message)} ${files(finding)}</div>
    </li>`;
  return html`<ul class="findings">
    ${sorted.map(item)}
  </ul>`;
}

/**
 * Renders the trained stages and learning rates of each phase.
 *
 * @param lastStage last stage of the network; later stages are omitted
 * @param headSolutions heads that were solved instead of being trained in epochs
 */
export function scheduleTable(
  phases: RunRecord['phases'],
  lastStage: number,
  headSolutions: readonly HeadSolution[] = [],
): Html {
  const solutionOf = (index: number): HeadSolution | undefined =>
    headSolutions.find(({phaseIndex}) => phaseIndex === index);
  const groups = LAYER_GROUPS.filter(
    group => !group.startsWith('stage') || Number(group.slice(5)) <= lastStage,
  );
  const lrCell = (value: number | null): Html =>
    value === null
      ? html`<td class="number frozen">frozen</td>`
      : html`<td class="number">${value.toPrecision(2).replace(/\.?0+(?=$|e)/, '')}</td>`;
  return scrollable(
    'Phases',
    html`
      <table>
        <thead>
          <tr>
            <th>Phase</th>
            <th class="number">Epochs</th>
            ${groups.map(group => html`<th class="number">${group}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${phases.map(
            ({name, epochs, learningRates}, index) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td class="number">${solutionOf(index) === undefined ? epochs : 'solved'}</td>
                ${groups.map(group => (group === 'head' && solutionOf(index) !== undefined ? html`<td class="number">L2 ${solutionOf(index)!.l2}</td>` : lrCell(learningRates[group])))}
              </tr>`,
          )}
        </tbody>
      </table>
    `,
  );
}

const ACTIVITIES = [
  'backend',
  'weights',
  'decode',
  'features',
  'train',
  'evaluate',
  'export',
] as const;

/** Renders the time of each activity as one bar. Time without an activity is left blank. */
export function timingsBar(timings: Timings): Html {
  const parts = ACTIVITIES.flatMap((name, i) => {
    const spent = timings[name] ?? 0;
    return spent / timings.total < 0.001 ? [] : [{name, spent, color: `activity-${i}`}];
  });
  return html`
    <div class="bar" aria-hidden="true">
      ${parts.map(({spent, color}) => html`<span class="${color}" style="width:${((100 * spent) / timings.total).toFixed(2)}%"></span>`)}
    </div>
    <ul class="bar-keys">
      ${parts.map(({name, spent, color}) => html`<li><i class="${color}"></i>${name} <b>${formatDuration(spent)}</b> ${formatPercent(spent / timings.total, 0)}</li>`)}
    </ul>
  `;
}

const formatValue = (value: unknown): string =>
  typeof value === 'string' ? publicPath(value) : redactPaths(JSON.stringify(value) ?? 'nothing');

/** Renders collapsed content, for details that few readers need. */
const collapsible = (summary: string, content: Html): Html =>
  html`<details>
    <summary>${summary}</summary>
    ${scrollable(summary, content)}
  </details>`;

export const settingsTable = (settings: RunRecord['settings']): Html =>
  collapsible(
    'Show the settings',
    html`
      <table class="settings">
        <thead>
          <tr>
            <th>Setting</th>
            <th>Value</th>
            <th>Source</th>
          </tr>
        </thead>
        <tbody>
          ${settings.map(
            ({name, value, source, reason}) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td><code>${formatValue(value)}</code></td>
                <td class="source ${source === 'default' ? 'quiet' : ''}">
                  ${source}${reason !== undefined && `: ${reason}`}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    `,
  );

export const environmentTable = (environment: RunRecord['environment']): Html =>
  collapsible(
    'Show the environment',
    html`
      <table class="settings">
        <tbody>
          ${Object.entries(environment).map(
            ([name, value]) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td><code>${formatValue(value)}</code></td>
              </tr>`,
          )}
        </tbody>
      </table>
    `,
  );

export const commandBox = (command: string): Html => html`
  <div class="command">
    <pre><code>${redactPaths(command)}</code></pre>
    <button type="button" data-copy hidden>Copy</button>
  </div>
`;
