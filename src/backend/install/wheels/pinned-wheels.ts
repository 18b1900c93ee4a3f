import {PINNED_CUDA_WHEELS} from './pinned-cuda-wheels.js';
import type {PinnedRelease} from './pinned-release.js';

/** The installed release. Its wheels contain both libraries for Linux on x64 and arm64, and for macOS on arm64. */
export const TENSORFLOW_VERSION = '2.21.0';

/**
 * The only wheels that an installation may download from PyPI: TensorFlow for CPython 3.11, 3.12, 3.13 and 3.10, and NVIDIA's newest
 * releases that satisfy TensorFlow's requirements and run on glibc 2.27. Hashes and sizes are those of PyPI's index; sizes on disk are sums
 * over the files that are unpacked, from the wheels' own lists.
 */
export const PINNED_WHEELS: Readonly<Record<string, PinnedRelease>> = {
  'tensorflow-cpu': {
    version: TENSORFLOW_VERSION,
    wheels: {
      'linux-x64': {
        downloadBytes: 273_829_956,
        diskBytes: 634_431_650,
        sha256: [
          '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
          'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
          '05af7c26d35f4de910b5598c7b507e3981831a7b0f47fed9a405d995d51d7793',
          'd143e92f5c0661cdfa26eaca8f73cd2efd0ec53a68af8dec82f584ba8eb14b83',
        ],
      },
    },
  },
  tensorflow: {
    version: TENSORFLOW_VERSION,
    wheels: {
      'linux-x64': {
        downloadBytes: 572_440_367,
        diskBytes: 1_015_131_189,
        sha256: [
          '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
          'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
          'e9d8da8dcab9650efb45f032ba70af2f016f907e6e0c6bda29dd101bba945406',
          '77c6f298e695ea1d283cdd7d30f8d97530cc6e92c1395a9ddbab9771c99233a4',
        ],
      },
      'linux-arm64': {
        downloadBytes: 281_828_020,
        diskBytes: 597_741_364,
        sha256: [
          '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
          'b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
          'a10abdfb8b1189210c251021a3f153b7ccc52a8e6521351f3dc3331e8ba593e0',
          '7c97938b25cf70c80ae8619931f85abcdee2ab2eb256c2051202edb3b89e9a5d',
        ],
      },
      'darwin-arm64': {
        downloadBytes: 223_405_849,
        diskBytes: 740_805_624,
        sha256: [
          '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
          '56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712',
          'a145ed46c58192b7c3f9916d070caf4f6afc6dc7e5511f83dd97677f4c4947f4',
          '6462632889e0e9ce1455b208c87b86a8c154e899407ef7d426ef1ec71647f565',
        ],
      },
    },
  },
  ...PINNED_CUDA_WHEELS,
};
