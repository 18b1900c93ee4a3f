import type {PlacedMap} from '../../src/datasets/activation-maps/placed-map.js';
import type {SentAnswer} from './inference/messages.js';
import type {RankedClass} from './inference/web-model.js';
import {drawHeatMap} from './heat-map.js';
import type {Drawable} from './image-source.js';
import type {ImageSize} from '../../src/datasets/images/resample.js';

/** Number of bars. */
const SHOWN_CLASSES = 5;
/** Longest side of the drawn image, in pixels: small images are enlarged, so that they can be seen. */
const [MIN_DRAWN_SIDE, MAX_DRAWN_SIDE] = [480, 1280];
/** Longest side of the drawn activation map, which is smooth. */
const MAX_MAP_SIDE = 224;
/** Names up to this number of classes are the title. */
const MAX_CLASSES_IN_TITLE = 4;

export const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;

/** An element with text. */
function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  text = '',
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...children);
  return element;
}

export const percentOf = (probability: number): string => {
  const percent = 100 * probability;
  return `${percent >= 99.95 || percent < 0.05 ? Math.round(percent) : percent.toFixed(1)} %`;
};

function formatProbability(probability: number): HTMLElement {
  const data = make('data', percentOf(probability));
  data.value = String(probability);
  return data;
}

/** Shows a sentence in place of an answer, and reads it out. */
export function say(text: string, detail = '', isWrong = false): void {
  const answer = byId('answer');
  answer.textContent = text;
  answer.classList.toggle('wrong', isWrong);
  byId('detail').textContent = detail;
  announce(`${text} ${detail}`);
}

/** Reads a text out, if it is not the one that was read out last. */
export function announce(text: string): void {
  const live = byId('live');
  if (live.textContent !== text) live.textContent = text;
}

export function showProgress(fraction: number | undefined): void {
  const progress = byId<HTMLProgressElement>('progress');
  progress.hidden = fraction === undefined;
  progress.value = fraction ?? 1;
}

/** Shows that the answer is of an earlier image, as long as the next one is classified. */
export const showBusy = (isBusy: boolean): void =>
  byId('result').setAttribute('aria-busy', String(isBusy));

/** `ants, bees or wasps`, or `37 classes` */
export const titleOf = (classNames: readonly string[]): string =>
  classNames.length > MAX_CLASSES_IN_TITLE
    ? `${classNames.length} classes`
    : [classNames.slice(0, -1).join(', '), classNames.at(-1)].join(' or ');

/** Shows what the model tells apart. @param networks architectures */
export function showModel(classNames: readonly string[], networks: readonly string[]): void {
  const title = titleOf(classNames);
  byId('title').textContent = title;
  document.title = `${title} – image classifier`;
  const what = networks.length === 1 ? `A ${networks[0]}` : `${networks.length} networks together`;
  byId('description').textContent = `${what}, in this page. Images are not sent anywhere.`;
  const labels = byId<HTMLDetailsElement>('labels');
  labels.hidden = classNames.length <= SHOWN_CLASSES;
  labels.querySelector('summary')!.textContent = `All ${classNames.length} classes`;
  labels.querySelector('p')!.textContent = classNames.join(', ');
}

/** Shows names and values below the result. */
export const showFacts = (facts: readonly (readonly [name: string, value: string])[]): void =>
  byId('facts').replaceChildren(
    ...facts.flatMap(([name, value]) => [make('dt', name), make('dd', value)]),
  );

function classRow({className, probability}: RankedClass): HTMLElement {
  const filled = make('span');
  filled.style.setProperty('--probability', String(probability));
  const bar = make('span', '', filled);
  bar.className = 'bar';
  return make('li', '', make('span', className), formatProbability(probability), bar);
}

function showMembers(members: SentAnswer['members']): void {
  const details = byId<HTMLDetailsElement>('members');
  details.hidden = members.length < 2;
  details
    .querySelector('ul')!
    .replaceChildren(
      ...members.map(({name, className, probability}) =>
        make('li', '', make('span', name), make('span', className), formatProbability(probability)),
      ),
    );
}

/** The answer as a title and a sentence below it. */
export function describeAnswer(
  {ranked, isUnknown}: Pick<SentAnswer, 'ranked' | 'isUnknown'>,
  unsureBelow: number,
): readonly [title: string, detail: string] {
  const {className, probability} = ranked[0]!;
  if (isUnknown)
    return [
      'Unknown',
      `It is probably none of the classes. The best guess is ${className}, at ${percentOf(probability)}.`,
    ];
  if (probability >= unsureBelow) return [className, percentOf(probability)];
  return [
    'Not sure',
    `The best guess is ${className}, at ${percentOf(probability)}. It may be none of the classes.`,
  ];
}

/** Shows bars, and the answer. @param isLive whether the answer is one of a stream, which is not read out here */
export function showAnswer(answer: SentAnswer, unsureBelow: number, isLive: boolean): void {
  const {ranked, members} = answer;
  const [title, detail] = describeAnswer(answer, unsureBelow);
  if (isLive) {
    byId('answer').textContent = title;
    byId('answer').classList.remove('wrong');
    byId('detail').textContent = detail;
  } else say(title, detail);
  byId('classes').replaceChildren(...ranked.slice(0, SHOWN_CLASSES).map(classRow));
  showMembers(members);
}

export function clearAnswer(): void {
  byId('classes').replaceChildren();
  byId('members').hidden = true;
}

/** A size with the same proportions, and a longest side within limits. */
function fitted({width, height}: ImageSize, min: number, max: number): ImageSize {
  const side = Math.max(width, height);
  const scale = Math.min(Math.max(side, min), max) / side;
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** Draws activation maps to lay over their image; nothing without maps. @param mapped size of the image in the pixels of the maps */
export function makeMapLayer(
  maps: readonly PlacedMap[],
  mapped: ImageSize,
): HTMLCanvasElement | undefined {
  if (maps.length === 0) return undefined;
  const size = fitted(mapped, 1, MAX_MAP_SIDE);
  const layer = Object.assign(document.createElement('canvas'), size);
  layer.getContext('2d')!.putImageData(drawHeatMap(maps, mapped, size), 0, 0);
  return layer;
}

/** Draws an image, and what lies over it. */
export function drawImage(image: Drawable, label: string, layer?: HTMLCanvasElement): void {
  const canvas = byId<HTMLCanvasElement>('image');
  const size = fitted(image, MIN_DRAWN_SIDE, MAX_DRAWN_SIDE);
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  canvas.hidden = false;
  if (canvas.getAttribute('aria-label') !== label) canvas.setAttribute('aria-label', label);
  byId('prompt').hidden = true;
  byId('legend').hidden = layer === undefined;
  const context = canvas.getContext('2d')!;
  context.clearRect(0, 0, size.width, size.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image.source, 0, 0, size.width, size.height);
  if (layer !== undefined) context.drawImage(layer, 0, 0, size.width, size.height);
}
