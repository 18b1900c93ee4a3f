import type {Preprocessing} from '../../../src/core/preprocessing.js';
import type {PlacedMap} from '../../../src/datasets/activation-maps/placed-map.js';
import type {CropBox} from '../../../src/datasets/images/resample.js';
import {argmax, combineVotes, type Vote} from '../../../src/export/ensemble/vote.js';
import {toPreprocessing, type StoredMetadata, type StoredModelMetadata} from './metadata.js';
import {readModelJson, type ModelSource} from './model-source.js';
import {Network, type NetworkOutput} from './network.js';
import type {CanvasPixels} from './shrink.js';
import {toSquare} from './square.js';

export interface RankedClass {
  readonly className: string;
  readonly probability: number;
}

/** What the model says of one image. */
export interface Answer {
  /** Most likely first. */
  readonly ranked: readonly RankedClass[];
  /** Whether the image is likely of none of the classes. False if the model cannot tell. */
  readonly isUnknown: boolean;
  /** The best class of each network of an ensemble. */
  readonly members: readonly (RankedClass & {readonly name: string})[];
  /** Activation maps of the best class, one for each network that has them. */
  computeMaps(): Promise<PlacedMap[]>;
  dispose(): void;
}

interface Member {
  readonly name: string;
  readonly preprocessing: Preprocessing;
  readonly network: Network;
  /** Index of the network's output for each class of the model. */
  readonly order: readonly number[];
}

interface MemberOutput extends NetworkOutput {
  readonly member: Member;
  readonly region: CropBox;
  /** In the class order of the model. */
  readonly ordered: Float32Array;
}

/** The folder of each network, from that of the model. */
const foldersOf = (metadata: StoredMetadata): [string, string][] =>
  'members' in metadata
    ? metadata.members.map(({name, directory}) => [name, `${directory}/`])
    : [[metadata.arch, '']];

async function runMember(member: Member, image: CanvasPixels): Promise<MemberOutput> {
  const {pixels, region} = toSquare(image, member.preprocessing);
  const output = await member.network.run(pixels, member.preprocessing.cropSize);
  const ordered = Float32Array.from(member.order, index => output.probabilities[index]!);
  return {...output, member, region, ordered};
}

/** One network or an ensemble. */
export class WebModel {
  private constructor(
    private readonly classNames: readonly string[],
    private readonly vote: Vote,
    private readonly members: readonly Member[],
  ) {}

  /** Loads networks one after another, so that their weights are not in memory twice at once. */
  static async load(
    source: ModelSource,
    metadata: StoredMetadata,
    onProgress: (fraction: number) => void,
  ): Promise<WebModel> {
    const folders = foldersOf(metadata);
    const members: Member[] = [];
    try {
      for (const [i, [name, folder]] of folders.entries()) {
        const own =
          'members' in metadata
            ? await readModelJson<StoredModelMetadata>(source, `${folder}metadata.json`)
            : metadata;
        const network = await Network.load(`./${folder}model.json`, own, fraction =>
          onProgress((i + fraction) / folders.length),
        );
        const order = metadata.classNames.map(className => own.classNames.indexOf(className));
        members.push({name, preprocessing: toPreprocessing(own), network, order});
      }
    } catch (error) {
      for (const {network} of members) network.dispose();
      throw error;
    }
    return new WebModel(metadata.classNames, 'vote' in metadata ? metadata.vote : 'mean', members);
  }

  /** Runs every network once, so that the first image does not wait for shaders. @throws Error if this backend cannot run one */
  async warmUp(): Promise<void> {
    for (const {network, preprocessing} of this.members) {
      const size = preprocessing.cropSize;
      const output = await network.run(new Uint8Array(size * size * 3), size);
      output.dispose();
    }
  }

  get inputSizes(): readonly number[] {
    return [...new Set(this.members.map(({preprocessing}) => preprocessing.cropSize))];
  }

  get hasMaps(): boolean {
    return this.members.some(({network}) => network.hasMaps);
  }

  /** The caller disposes the answer. @param image upright and opaque */
  async classify(image: CanvasPixels): Promise<Answer> {
    const outputs: MemberOutput[] = [];
    try {
      for (const member of this.members) outputs.push(await runMember(member, image));
    } catch (error) {
      outputs.forEach(output => output.dispose());
      throw error;
    }
    const combined = combineVotes(
      this.vote,
      outputs.map(({ordered}) => ordered),
      this.classNames.length,
    );
    const best = argmax(combined);
    return {
      ranked: this.classNames
        .map((className, i) => ({className, probability: combined[i]!}))
        .sort((a, b) => b.probability - a.probability),
      isUnknown: isUnknown(outputs),
      members: outputs.map(({member: {name}, ordered}) => {
        const index = argmax(ordered);
        return {name, className: this.classNames[index]!, probability: ordered[index]!};
      }),
      computeMaps: () => computeMaps(outputs, best),
      dispose: () => outputs.forEach(output => output.dispose()),
    };
  }

  dispose(): void {
    for (const {network} of this.members) network.dispose();
  }
}

/** As in Node: by the mean score of the networks, if each has one. */
const isUnknown = (outputs: readonly MemberOutput[]): boolean =>
  outputs.reduce((sum, {knownScore = NaN}) => sum + knownScore, 0) < 0;

async function computeMaps(outputs: readonly MemberOutput[], best: number): Promise<PlacedMap[]> {
  const maps: PlacedMap[] = [];
  for (const {member, region, computeMap} of outputs)
    if (computeMap !== undefined) maps.push({...(await computeMap(member.order[best]!)), region});
  return maps;
}
