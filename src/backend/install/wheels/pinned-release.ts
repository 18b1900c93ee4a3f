/** Platform and architecture of a wheel, as `process.platform` and `process.arch` name them. */
export type WheelPlatform = 'linux-x64' | 'linux-arm64' | 'darwin-arm64';

/** The wheels of a release for a platform: one per version of Python, or one for all. */
export interface PinnedWheel {
  /** Size of the first one. The others differ by less than 1 %. */
  readonly downloadBytes: number;
  /** What an installation keeps of it, without symbol tables. */
  readonly diskBytes: number;
  /** In lower-case hex. */
  readonly sha256: readonly string[];
}

/** A release of a PyPI package. */
export interface PinnedRelease {
  readonly version: string;
  readonly wheels: Readonly<Partial<Record<WheelPlatform, PinnedWheel>>>;
}
