/** A feature map inside the network, by the name of the layer that gives it. */
export interface FeatureMap {
  readonly name: string;
  readonly channels: number;
  /** Pixels of the images, along a side, for each of the map's. */
  readonly reduction: number;
}

/** What is known of every layer: the map it gives and the maps it reads. Names are torchvision's: `layer1.0.conv1`. */
interface LayerBase extends FeatureMap {
  readonly inputs: readonly string[];
}

export interface ConvLayer extends LayerBase {
  readonly kind: 'conv';
  readonly kernel: number;
  readonly stride: number;
  /** Zeros on every side, pixels. */
  readonly padding: number;
  readonly groups: number;
  readonly inChannels: number;
}

/** A batch norm. */
export interface NormLayer extends LayerBase {
  readonly kind: 'norm';
  readonly epsilon: number;
}

export interface ReluLayer extends LayerBase {
  readonly kind: 'relu';
}

/** A border that wins no maximum. */
export interface PadLayer extends LayerBase {
  readonly kind: 'pad';
  readonly padding: number;
}

export interface MaxPoolLayer extends LayerBase {
  readonly kind: 'maxPool';
  readonly size: number;
  readonly stride: number;
}

export interface AddLayer extends LayerBase {
  readonly kind: 'add';
}

export type Layer = ConvLayer | NormLayer | ReluLayer | PadLayer | MaxPoolLayer | AddLayer;

/** A convolution and the batch norm behind it, which may be run as one: from what the one reads to what the other gives. */
export interface ConvNorm extends LayerBase {
  readonly kind: 'convNorm';
  readonly conv: ConvLayer;
  readonly norm: NormLayer;
}

export type Step = Layer | ConvNorm;

/** The stem, or a residual block: a run of layers between two places that one map alone crosses. */
export interface Block {
  /** Index of its layer group: 0 the stem, from 1 on the stages. */
  readonly group: number;
  readonly layers: readonly Layer[];
  /** The layers again, convolutions and their batch norms in pairs. */
  readonly steps: readonly Step[];
}

/** Layers with convolutions and the batch norms behind them in pairs. */
export const pairConvNorms = (layers: readonly Layer[]): Step[] =>
  layers.flatMap((layer, i): Step[] => {
    const [before, after] = [layers[i - 1], layers[i + 1]];
    if (layer.kind === 'conv' && after?.kind === 'norm')
      return [{...after, kind: 'convNorm', inputs: layer.inputs, conv: layer, norm: after}];
    return layer.kind === 'norm' && before?.kind === 'conv' ? [] : [layer];
  });

/** What a convolution needs besides its input. */
export type ConvOptions = Pick<ConvLayer, 'kernel' | 'channels'> &
  Partial<Pick<ConvLayer, 'stride' | 'groups'>>;

/** Puts layers one behind the other; every method gives the map that its layer does. */
export class BlockBuilder {
  readonly #layers: Layer[] = [];

  constructor(
    private readonly group: number,
    private readonly epsilon: number,
  ) {}

  conv(x: FeatureMap, name: string, options: ConvOptions): FeatureMap {
    const {kernel, channels, stride = 1, groups = 1} = options;
    const padding = (kernel - 1) / 2;
    const output = {name, channels, reduction: x.reduction * stride};
    const geometry = {kernel, stride, padding, groups, inChannels: x.channels};
    return this.#put({kind: 'conv', inputs: [x.name], ...output, ...geometry});
  }

  norm(x: FeatureMap, name: string): FeatureMap {
    return this.#put({...x, kind: 'norm', name, inputs: [x.name], epsilon: this.epsilon});
  }

  relu(x: FeatureMap, name: string): FeatureMap {
    return this.#put({...x, kind: 'relu', name, inputs: [x.name]});
  }

  maxPool(x: FeatureMap, name: string, size: number, stride: number): FeatureMap {
    const [padding, reduction] = [(size - 1) / 2, x.reduction * stride];
    const padded = `${name}.pad`;
    this.#put({...x, kind: 'pad', name: padded, inputs: [x.name], padding});
    return this.#put({...x, kind: 'maxPool', name, inputs: [padded], size, stride, reduction});
  }

  add(a: FeatureMap, b: FeatureMap, name: string): FeatureMap {
    return this.#put({...a, kind: 'add', name, inputs: [a.name, b.name]});
  }

  build(): Block {
    return {group: this.group, layers: this.#layers, steps: pairConvNorms(this.#layers)};
  }

  /** Only what a map is, not what kind of layer gave it: that is no business of the next layer's. */
  #put(layer: Layer): FeatureMap {
    this.#layers.push(layer);
    const {name, channels, reduction} = layer;
    return {name, channels, reduction};
  }
}
