/** A feature map inside the network, named after the layer that returns it. */
export interface FeatureMap {
  readonly name: string;
  readonly channels: number;
  /** Input pixels per pixel of the map, along one side. */
  readonly reduction: number;
}

/** Fields of every layer: its output and the maps it reads. Names are torchvision's: `layer1.0.conv1`. */
interface LayerBase extends FeatureMap {
  readonly inputs: readonly string[];
}

export interface ConvLayer extends LayerBase {
  readonly kind: 'conv';
  readonly kernel: number;
  readonly stride: number;
  /** Zeros on every side, in pixels. */
  readonly padding: number;
  readonly groups: number;
  readonly inChannels: number;
  readonly hasBias: boolean;
}

export interface NormLayer extends LayerBase {
  readonly kind: 'norm';
  readonly epsilon: number;
}

export interface ReluLayer extends LayerBase {
  readonly kind: 'relu';
}

/** Zeros on every side of the map. */
export interface PadLayer extends LayerBase {
  readonly kind: 'pad';
  readonly padding: number;
}

export interface MaxPoolLayer extends LayerBase {
  readonly kind: 'maxPool';
  readonly size: number;
  readonly stride: number;
  /** Pixels on every side that never win. */
  readonly padding: number;
}

/** Windows at the right and lower border may be cut off; they average what is left. */
export interface AveragePoolLayer extends LayerBase {
  readonly kind: 'averagePool';
  readonly size: number;
}

/** Channels of zeros before and after those of the map. */
export interface PadChannelsLayer extends LayerBase {
  readonly kind: 'padChannels';
  readonly before: number;
  readonly after: number;
}

export interface AddLayer extends LayerBase {
  readonly kind: 'add';
}

export type Layer =
  | ConvLayer
  | NormLayer
  | ReluLayer
  | PadLayer
  | MaxPoolLayer
  | AveragePoolLayer
  | PadChannelsLayer
  | AddLayer;

/** A convolution and the batch norm after it, which may run as one step. */
export interface ConvNorm extends LayerBase {
  readonly kind: 'convNorm';
  readonly conv: ConvLayer;
  readonly norm: NormLayer;
}

export type Step = Layer | ConvNorm;

/** The stem, or a residual block. A single feature map connects consecutive blocks. */
export interface Block {
  /** Index of its layer group: 0 for the stem, 1 and up for the stages. */
  readonly group: number;
  readonly layers: readonly Layer[];
  /** The same layers, with each convolution and its batch norm in one step. */
  readonly steps: readonly Step[];
}

/** Pairs each convolution of a block with the batch norm after it. */
const pairConvNorms = (layers: readonly Layer[]): Step[] =>
  layers.flatMap((layer, i): Step[] => {
    const [before, after] = [layers[i - 1], layers[i + 1]];
    if (layer.kind === 'conv' && after?.kind === 'norm')
      return [{...after, kind: 'convNorm', inputs: layer.inputs, conv: layer, norm: after}];
    return layer.kind === 'norm' && before?.kind === 'conv' ? [] : [layer];
  });

/** Options of a convolution besides its input. */
export type ConvOptions = Pick<ConvLayer, 'kernel' | 'channels'> &
  Partial<Pick<ConvLayer, 'stride' | 'groups' | 'hasBias'>>;

/** Appends layers to a block. Every method returns the layer's output. */
export class BlockBuilder {
  readonly #layers: Layer[] = [];

  constructor(
    private readonly group: number,
    private readonly epsilon: number,
  ) {}

  conv(x: FeatureMap, name: string, options: ConvOptions): FeatureMap {
    const {kernel, channels, stride = 1, groups = 1, hasBias = false} = options;
    const padding = (kernel - 1) / 2;
    const output = {name, channels, reduction: x.reduction * stride};
    const geometry = {kernel, stride, padding, groups, inChannels: x.channels};
    return this.#put({kind: 'conv', inputs: [x.name], ...output, ...geometry, hasBias});
  }

  norm(x: FeatureMap, name: string): FeatureMap {
    return this.#put({...x, kind: 'norm', name, inputs: [x.name], epsilon: this.epsilon});
  }

  relu(x: FeatureMap, name: string): FeatureMap {
    return this.#put({...x, kind: 'relu', name, inputs: [x.name]});
  }

  pad(x: FeatureMap, name: string, padding: number): FeatureMap {
    return this.#put({...x, kind: 'pad', name, inputs: [x.name], padding});
  }

  maxPool(
    x: FeatureMap,
    name: string,
    window: Pick<MaxPoolLayer, 'size' | 'stride' | 'padding'>,
  ): FeatureMap {
    const reduction = x.reduction * window.stride;
    return this.#put({...x, kind: 'maxPool', name, inputs: [x.name], reduction, ...window});
  }

  averagePool(x: FeatureMap, name: string, size: number): FeatureMap {
    const reduction = x.reduction * size;
    return this.#put({...x, kind: 'averagePool', name, inputs: [x.name], reduction, size});
  }

  /** Adds as many channels before as after. */
  padChannels(x: FeatureMap, name: string, channels: number): FeatureMap {
    const before = Math.floor((channels - x.channels) / 2);
    const after = channels - x.channels - before;
    return this.#put({...x, kind: 'padChannels', name, inputs: [x.name], channels, before, after});
  }

  add(a: FeatureMap, b: FeatureMap, name: string): FeatureMap {
    return this.#put({...a, kind: 'add', name, inputs: [a.name, b.name]});
  }

  build(): Block {
    return {group: this.group, layers: this.#layers, steps: pairConvNorms(this.#layers)};
  }

  /** Returns only the fields of the feature map, so that later layers cannot depend on the kind of layer. */
  #put(layer: Layer): FeatureMap {
    this.#layers.push(layer);
    const {name, channels, reduction} = layer;
    return {name, channels, reduction};
  }
}
