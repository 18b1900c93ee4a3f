import type {PinnedRelease} from './pinned-release.js';

/** What TensorFlow's extra `and-cuda` requires: all of it is pinned, so that nothing else is downloaded. */
export const PINNED_CUDA_WHEELS: Readonly<Record<string, PinnedRelease>> = {
  'nvidia-cublas-cu12': {
    version: '12.9.3.13',
    wheels: {
      'linux-x64': {
        downloadBytes: 581_217_458,
        diskBytes: 855_064_416,
        sha256: ['d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72'],
      },
      'linux-arm64': {
        downloadBytes: 574_997_333,
        diskBytes: 819_743_744,
        sha256: ['918a8781956115d34b1db49e0e7b7befba8d101661c4b560ed4d42e0e17bebc3'],
      },
    },
  },
  'nvidia-cuda-cupti-cu12': {
    version: '12.9.79',
    wheels: {
      'linux-x64': {
        downloadBytes: 10_814_997,
        diskBytes: 43_365_768,
        sha256: ['096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f'],
      },
      'linux-arm64': {
        downloadBytes: 10_077_166,
        diskBytes: 41_269_736,
        sha256: ['791853b030602c6a11d08b5578edfb957cadea06e9d3b26adbf8d036135a4afe'],
      },
    },
  },
  'nvidia-cuda-nvcc-cu12': {
    version: '12.9.86',
    wheels: {
      'linux-x64': {
        downloadBytes: 40_546_229,
        diskBytes: 97_998_760,
        sha256: ['5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0'],
      },
      'linux-arm64': {
        downloadBytes: 39_411_138,
        diskBytes: 90_229_704,
        sha256: ['44e1eca4d08926193a558d2434b1bf83d57b4d5743e0c431c0c83d51da1df62b'],
      },
    },
  },
  'nvidia-cuda-nvrtc-cu12': {
    version: '12.9.86',
    wheels: {
      'linux-x64': {
        downloadBytes: 89_568_129,
        diskBytes: 227_340_992,
        sha256: ['210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4'],
      },
      'linux-arm64': {
        downloadBytes: 44_528_905,
        diskBytes: 108_921_288,
        sha256: ['096d4de6bda726415dfaf3198d4f5c522b8e70139c97feef5cd2ca6d4cd9cead'],
      },
    },
  },
  'nvidia-cuda-runtime-cu12': {
    version: '12.9.79',
    wheels: {
      'linux-x64': {
        downloadBytes: 3_493_179,
        diskBytes: 741_088,
        sha256: ['25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3'],
      },
      'linux-arm64': {
        downloadBytes: 3_515_012,
        diskBytes: 752_768,
        sha256: ['83469a846206f2a733db0c42e223589ab62fd2fabac4432d2f8802de4bded0a4'],
      },
    },
  },
  'nvidia-cudnn-cu12': {
    version: '9.28.0.42',
    wheels: {
      'linux-x64': {
        downloadBytes: 716_538_495,
        diskBytes: 1_162_393_472,
        sha256: ['9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375'],
      },
      'linux-arm64': {
        downloadBytes: 723_261_984,
        diskBytes: 1_188_821_888,
        sha256: ['f88db8fc1a0a5f458e19aa7b08fbe3500aeb9e2bb8dea6293ecbce170364ad72'],
      },
    },
  },
  'nvidia-cufft-cu12': {
    version: '11.4.1.4',
    wheels: {
      'linux-x64': {
        downloadBytes: 200_877_592,
        diskBytes: 293_609_416,
        sha256: ['c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28'],
      },
      'linux-arm64': {
        downloadBytes: 200_822_453,
        diskBytes: 287_058_016,
        sha256: ['1a28c9b12260a1aa7a8fd12f5ebd82d027963d635ba82ff39a1acfa7c4c0fbcf'],
      },
    },
  },
  'nvidia-curand-cu12': {
    version: '10.3.10.19',
    wheels: {
      'linux-x64': {
        downloadBytes: 68_295_626,
        diskBytes: 166_965_432,
        sha256: ['49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e'],
      },
      'linux-arm64': {
        downloadBytes: 68_292_066,
        diskBytes: 166_821_032,
        sha256: ['de663377feb1697e1d30ed587b07d5721fdd6d2015c738d7528a6002a6134d37'],
      },
    },
  },
  'nvidia-cusolver-cu12': {
    version: '11.7.5.82',
    wheels: {
      'linux-x64': {
        downloadBytes: 338_117_415,
        diskBytes: 494_975_064,
        sha256: ['15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88'],
      },
      'linux-arm64': {
        downloadBytes: 337_869_834,
        diskBytes: 489_081_504,
        sha256: ['62efa83e4ace59a4c734d052bb72158e888aa7b770e1a5f601682f16fe5b4fd2'],
      },
    },
  },
  'nvidia-cusparse-cu12': {
    version: '12.5.10.65',
    wheels: {
      'linux-x64': {
        downloadBytes: 366_465_088,
        diskBytes: 486_556_368,
        sha256: ['73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78'],
      },
      'linux-arm64': {
        downloadBytes: 366_359_408,
        diskBytes: 481_839_216,
        sha256: ['221c73e7482dd93eda44e65ce567c031c07e2f93f6fa0ecd3ba876a195023e83'],
      },
    },
  },
  'nvidia-nccl-cu12': {
    version: '2.32.3',
    wheels: {
      'linux-x64': {
        downloadBytes: 351_526_311,
        diskBytes: 473_614_536,
        sha256: ['bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c'],
      },
      'linux-arm64': {
        downloadBytes: 351_519_937,
        diskBytes: 476_337_920,
        sha256: ['061af42ae1044816820e16b872075e243d1ac0656f51860fbc8e106c257aa83a'],
      },
    },
  },
  'nvidia-nvjitlink-cu12': {
    version: '12.9.86',
    wheels: {
      'linux-x64': {
        downloadBytes: 39_748_338,
        diskBytes: 95_935_344,
        sha256: ['e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9'],
      },
      'linux-arm64': {
        downloadBytes: 39_514_880,
        diskBytes: 91_305_376,
        sha256: ['994a05ef08ef4b0b299829cde613a424382aff7efb08a7172c1fa616cc3af2ca'],
      },
    },
  },
};
