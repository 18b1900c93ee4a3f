import {finalNorm} from '../network.js';
import {STAGES} from '../resnet-specs.js';
import {NAMING_SCHEMES, type NamingScheme} from './naming-schemes.js';

/** Stage, block and convolution: the numbers in a layer's name. */
type Position = Partial<Record<'s' | 'b' | 'k', number>>;

const PLACEHOLDER = /\{([sbk])([+-]\d)?(:a)?\}/g;

const fillTemplate = (template: string, position: Position): string =>
  template.replace(
    PLACEHOLDER,
    (whole, index: 's' | 'b' | 'k', increment = '0', letter?: string) => {
      if (position[index] === undefined) return whole;
      const value = position[index] + Number(increment);
      return letter === undefined ? String(value) : String.fromCharCode(97 + value);
    },
  );

/** Name prefixes of the stages in a scheme. */
export const stagePrefixes = ({stage}: NamingScheme): string[] =>
  STAGES.flatMap(s => stage.map(template => fillTemplate(template, {s})));

/** A name in a scheme, and the key of the same tensor here. Both have placeholders. */
type NameAndKey = readonly [name: string, key: string];

/** Every name of a scheme's layers, with its parameters. */
function* schemeTemplates(scheme: NamingScheme): Generator<NameAndKey> {
  const {stem, conv, shortcut, entryNorm, finalNorm: last, same = [], parameters} = scheme;
  const block = 'layer{s}.{b}';
  const layers: [kind: 'conv' | 'norm', name: string, key: string][] = [];
  for (const [names, convKey, normKey] of [
    [stem, 'conv1', 'bn1'],
    [conv, `${block}.conv{k}`, `${block}.bn{k}`],
    [shortcut, `${block}.downsample.0`, `${block}.downsample.1`],
  ] as const)
    for (const [convName, normName] of names)
      layers.push(['conv', convName, convKey], ['norm', normName, normKey]);
  if (entryNorm !== undefined) layers.push(['norm', entryNorm, `${block}.bn1`]);
  if (last !== undefined) {
    // Only this project writes networks that end early, and its name for the norm has the stage.
    const key = last.includes('{s}') ? last : finalNorm(STAGES.length);
    layers.push(['norm', last, key]);
  }
  for (const name of same) layers.push(['conv', name, name], ['norm', name, name]);
  for (const [kind, name, key] of layers)
    for (const [parameter, stored] of Object.entries(parameters[kind]))
      for (const each of stored)
        yield [`${name}${parameters.separator}${each}`, `${key}.${parameter}`];
}

/** Most blocks of a stage that letters count. */
const MAX_LETTERS = 36;

/** Replaces placeholders of letters by every letter, since a name is found by its numbers. */
const expandLetters = ([name, key]: NameAndKey): NameAndKey[] =>
  (['b', 'k'] as const).reduce(
    (templates: NameAndKey[], index) =>
      new RegExp(`\\{${index}[^}]*:a\\}`).test(name)
        ? templates.flatMap(template =>
            Array.from({length: index === 'b' ? MAX_LETTERS : 3}, (_, i): NameAndKey => {
              const position = {[index]: index === 'b' ? i : i + 1};
              return [fillTemplate(template[0], position), fillTemplate(template[1], position)];
            }),
          )
        : templates,
    [[name, key]],
  );

/** A template by the shape of its names: every number in it is fixed, or a placeholder. */
interface SchemeName {
  readonly scheme: NamingScheme;
  readonly name: string;
  readonly key: string;
  /** For each number of a name, what it is one of: `{s+1}`; undefined if it is fixed. */
  readonly numbers: readonly (
    {readonly index: 's' | 'b' | 'k'; readonly increment: number} | undefined
  )[];
}

const NUMBER = /\d+/g;
/** `layer2.0.conv1` -> `layer#.#.conv#` */
const shapeOf = (name: string): string => name.replace(NUMBER, '#');

function toSchemeName(scheme: NamingScheme, [name, key]: NameAndKey): SchemeName {
  const numbers = [...name.matchAll(/\{([sbk])([+-]\d)?\}|\d+/g)].map(([, index, increment]) =>
    index === undefined
      ? undefined
      : {index: index as 's' | 'b' | 'k', increment: Number(increment ?? 0)},
  );
  return {scheme, name, key, numbers};
}

function indexSchemes(): ReadonlyMap<string, readonly SchemeName[]> {
  const byShape = new Map<string, SchemeName[]>();
  for (const scheme of NAMING_SCHEMES)
    for (const template of [...schemeTemplates(scheme)].flatMap(expandLetters)) {
      const shape = shapeOf(template[0].replace(PLACEHOLDER, '0'));
      byShape.set(shape, [...(byShape.get(shape) ?? []), toSchemeName(scheme, template)]);
    }
  return byShape;
}

let schemesByShape: ReturnType<typeof indexSchemes> | undefined;

const isPosition = ({s = 1, b = 0, k = 1}: Position, key: string): boolean =>
  s >= 1 && s <= STAGES.length && b >= 0 && (k >= 1 || key.startsWith('conv1.'));

function keyOf({name, key, numbers}: SchemeName, path: string): string | undefined {
  const found = path.match(NUMBER) ?? [];
  const position: Position = {};
  numbers.forEach((number, i) => {
    if (number !== undefined) position[number.index] = Number(found[i]) - number.increment;
  });
  // Filling in tells fixed numbers that differ, `conv2` from `conv1`, and leading zeros.
  const isNamed = isPosition(position, key) && fillTemplate(name, position) === path;
  return isNamed ? fillTemplate(key, position) : undefined;
}

/**
 * Keys of a tensor by its name, in every scheme that has the name. Biases of convolutions are included: a file may have them, though few
 * networks here do.
 */
export function schemeKeys(path: string): {scheme: NamingScheme; key: string}[] {
  schemesByShape ??= indexSchemes();
  const keys = new Map<NamingScheme, string>();
  for (const schemeName of schemesByShape.get(shapeOf(path)) ?? []) {
    const key = keyOf(schemeName, path);
    if (key !== undefined) keys.set(schemeName.scheme, key);
  }
  return [...keys].map(([scheme, key]) => ({scheme, key}));
}
