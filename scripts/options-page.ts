import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {format} from 'prettier';
import {COMMANDS, type CommandSpec} from '../src/cli/commands.js';
import {FLAG_OPTIONS, isBooleanOption} from '../src/cli/options/command-options.js';
import {toKebabCase} from '../src/cli/terminal/format.js';
import {MAX_LISTED_CHOICES} from '../src/core/schema.js';
import type {Option, OptionRow, OptionTable, ValueSchema} from '../src/finetune/options/option.js';
import {OPTION_GROUPS} from '../src/finetune/options/options.js';

// From dist/scripts/ to the root of the checkout.
const PAGE_PATH = fileURLToPath(new URL('../../docs/options.md', import.meta.url));

const code = (text: string): string => `\`${text}\``;
const codeList = (values: readonly unknown[]): string => values.map(String).map(code).join(', ');

/** `1 to 4096`, `at least 1`, `above 0`, `0 to below 1` */
function formatRange({minimum, exclusiveMinimum, maximum, exclusiveMaximum}: ValueSchema): string {
  const upper =
    maximum === undefined && exclusiveMaximum !== undefined
      ? `below ${String(exclusiveMaximum)}`
      : maximum;
  if (exclusiveMinimum !== undefined) return `above ${String(exclusiveMinimum)}`;
  if (upper !== undefined) return `${String(minimum)} to ${String(upper)}`;
  return `at least ${String(minimum)}`;
}

function formatValues(option: Option): string {
  const {schema, isPath} = option;
  const {type, enum: choices, examples, anyOf} = schema;
  if (choices !== undefined)
    return choices.length > MAX_LISTED_CHOICES ? 'name' : codeList(choices);
  if (Array.isArray(examples)) return `such as ${codeList(examples)}`;
  if (Array.isArray(anyOf))
    return anyOf
      .map((branch: ValueSchema) =>
        branch.enum ? codeList(branch.enum) : `an ${String(branch.type)}`,
      )
      .join(', or ');
  if (type === 'integer' || type === 'number') return `${type}, ${formatRange(schema)}`;
  if (type === 'array') return 'list of objects';
  if (type === 'boolean') return 'true or false';
  if (isPath) return option.default === undefined ? 'path' : 'name or path';
  return 'text';
}

function formatDefault({default: value, defaultText, isRecommended}: Option): string {
  if (value !== undefined) return code(String(value));
  return defaultText?.replaceAll('<', '\\<') ?? (isRecommended ? 'recommended' : '');
}

/** `--batch-size 32`: the flag and a value that it takes. */
function formatFlag(key: string, option: Option): string {
  const flag = toKebabCase(key);
  if (isBooleanOption(option)) return code(`--${flag}`);
  return code(`--${flag} ${String(option.example ?? option.default)}`);
}

/** Rows of a table of Markdown; a bar in a cell would end it. */
const formatTable = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows]
    .map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

const formatGroup = (heading: string, options: Readonly<Record<string, OptionRow>>): string => {
  const rows = Object.entries(options).map(([key, option]) => [
    option.isFileOnly ? '' : formatFlag(key, option),
    option.scope === 'console' ? '' : code(key),
    formatValues(option),
    formatDefault(option),
    option.help,
  ]);
  const header = ['flag', 'recipe key', 'value', 'default', 'meaning'];
  return `## ${heading}\n\n${formatTable(header, rows)}\n`;
};

/** Whether an option of a command is not the one of the table. */
const isOwnOption = (key: string, {schema, help}: Option): boolean =>
  FLAG_OPTIONS[key]?.schema !== schema || FLAG_OPTIONS[key].help !== help;

function formatCommand(name: string, {options}: CommandSpec): string {
  const rows = Object.entries(options)
    .filter(([key, option]) => isOwnOption(key, option))
    .map(([key, option]) => [
      formatFlag(key, option),
      formatValues(option),
      formatDefault(option),
      option.help,
    ]);
  const shared = sharedFlags(options);
  return [
    `### ${name}`,
    rows.length > 0 ? formatTable(['flag', 'value', 'default', 'meaning'], rows) : '',
    shared === '' ? '' : `${rows.length > 0 ? 'And from above' : 'From above'}: ${shared}.`,
    '',
  ].join('\n\n');
}

const sharedFlags = (options: OptionTable): string =>
  codeList(
    Object.entries(options)
      .filter(([key, option]) => !isOwnOption(key, option))
      .map(([key]) => `--${toKebabCase(key)}`),
  );

const INTRODUCTION = `# Options

<!-- Written by \`npm run docs:options\` from src/finetune/options and src/cli/command-specs. -->

\`finetune train\`, which is \`finetune DIR\`, takes every flag of the first five tables. \`finetune demo\` takes most of them.
\`--no-\` in front of a switch turns it off: \`--no-cache\`.
A variable is named like its flag: \`FINETUNE_BATCH_SIZE=32\`. [Recipes](recipes.md) says which place is stronger.
\`recommended\` values depend on the dataset; \`--verbose\` prints them with the reason.
`;

/** docs/options.md */
export async function formatOptionsPage(): Promise<string> {
  const commands = Object.entries<CommandSpec>(COMMANDS).filter(
    ([name]) => name !== 'train' && name !== 'demo',
  );
  const page = [
    INTRODUCTION,
    ...Object.entries(OPTION_GROUPS).map(([heading, options]) => formatGroup(heading, options)),
    '## Other commands\n',
    ...commands.map(([name, spec]) => formatCommand(name, spec)),
  ].join('\n');
  return format(page, {parser: 'markdown', printWidth: 100});
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(PAGE_PATH, await formatOptionsPage());
