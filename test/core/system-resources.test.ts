import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import fc from 'fast-check';
import containerLimits from '../../src/core/container-limits.cjs';
import {readSystemResources, usableCores, type HostInfo} from '../../src/core/system-resources.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const GIB = 2 ** 30;
const UNLIMITED = '9223372036854771712';
const HOST: HostInfo = {
  memory: 64 * GIB,
  free: 50 * GIB,
  cores: 32,
  allowedCores: 32,
  constrainedMemory: 0,
};

type Files = Readonly<Record<string, string>>;

/** A file system with these files, in place of `/`. */
function system(files: Files): string {
  const root = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), {recursive: true});
    writeFileSync(join(root, name), text);
  }
  return root;
}

const V2_MOUNT = '30 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n';
const v1Mount = (controllers: string, root = '/'): string =>
  `35 31 0:32 ${root} /sys/fs/cgroup/${controllers} rw,relatime shared:9 - cgroup cgroup rw,${controllers}\n`;

/** Version 2, the process in a group of a group. */
const nested = (files: Files): string =>
  system({
    'proc/self/cgroup': '0::/user.slice/job\n',
    'proc/self/mountinfo': V2_MOUNT,
    ...Object.fromEntries(
      Object.entries(files).map(([name, text]) => [`sys/fs/cgroup/${name}`, text]),
    ),
  });

const v1 = (
  files: Files,
  cgroup = '7:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n',
  root = '/docker/abc',
): string =>
  system({
    'proc/self/cgroup': cgroup,
    'proc/self/mountinfo': v1Mount('memory', root) + v1Mount('cpu,cpuacct', root),
    ...files,
  });

describe('what a container allows', () => {
  it('is the smallest limit on the way up (version 2)', () => {
    const root = nested({
      'user.slice/job/memory.max': 'max\n',
      'user.slice/memory.max': `${2 * GIB}\n`,
      'memory.max': `${4 * GIB}\n`,
      'user.slice/job/cpu.max': '400000 100000\n',
      'user.slice/cpu.max': '150000 100000\n',
    });
    expect(containerLimits(root)).to.deep.equal({
      memory: {value: 2 * GIB, source: join(root, 'sys/fs/cgroup/user.slice/memory.max')},
      memoryAvailable: 2 * GIB,
      cores: {value: 1.5, source: join(root, 'sys/fs/cgroup/user.slice/cpu.max')},
    });
  });

  it('is also what a group is slowed down from (memory.high)', () => {
    const root = nested({
      'user.slice/job/memory.max': `${4 * GIB}`,
      'user.slice/job/memory.high': `${3 * GIB}`,
    });
    expect(containerLimits(root).memory?.value).to.equal(3 * GIB);
  });

  it('is found where a container sees its own group at the mount point (version 1)', () => {
    const root = v1({
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${1.5 * GIB}\n`,
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    });
    const limits = containerLimits(root);
    expect([limits.memory?.value, limits.cores?.value]).to.deep.equal([1.5 * GIB, 0.5]);
  });

  it('is found along the path of the group where the whole hierarchy is mounted (version 1)', () => {
    const root = v1(
      {
        'sys/fs/cgroup/memory/memory.limit_in_bytes': UNLIMITED,
        'sys/fs/cgroup/memory/a/memory.limit_in_bytes': `${3 * GIB}`,
        'sys/fs/cgroup/memory/a/b/memory.limit_in_bytes': UNLIMITED,
      },
      '4:memory:/a/b\n',
      '/',
    );
    expect(containerLimits(root).memory).to.deep.equal({
      value: 3 * GIB,
      source: join(root, 'sys/fs/cgroup/memory/a/memory.limit_in_bytes'),
    });
  });

  it('is also what groups allow that are out of sight (version 1)', () => {
    const root = v1({
      'sys/fs/cgroup/memory/memory.limit_in_bytes': UNLIMITED,
      'sys/fs/cgroup/memory/memory.stat': `cache 5\nhierarchical_memory_limit ${2 * GIB}\nhierarchical_memsw_limit ${UNLIMITED}\n`,
    });
    expect(containerLimits(root).memory?.value).to.equal(2 * GIB);
  });

  it('is read from both versions where both are mounted', () => {
    const root = system({
      'proc/self/cgroup': '4:memory:/job\n1:name=systemd:/job\n0::/job\n',
      'proc/self/mountinfo':
        v1Mount('memory') + V2_MOUNT.replace('/sys/fs/cgroup ', '/sys/fs/cgroup/unified '),
      'sys/fs/cgroup/memory/job/memory.limit_in_bytes': `${5 * GIB}`,
      'sys/fs/cgroup/unified/job/cpu.max': '200000 100000',
    });
    expect(containerLimits(root)).to.deep.include({memoryAvailable: 5 * GIB});
    expect(containerLimits(root).cores?.value).to.equal(2);
  });

  it('is found where the mounts may not be read, and where a mount point has blanks', () => {
    const usual = system({
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/memory.max': `${GIB}`,
      'sys/fs/cgroup/cpu.max': '100000',
    });
    expect(containerLimits(usual).memory?.value).to.equal(GIB);
    expect(containerLimits(usual).cores?.value).to.equal(1);
    const blank = system({
      'proc/self/cgroup': '0::/\n',
      'proc/self/mountinfo': V2_MOUNT.replace('/sys/fs/cgroup ', '/my\\040groups '),
      'my groups/memory.max': `${GIB}`,
    });
    expect(containerLimits(blank).memory?.value).to.equal(GIB);
  });

  it('is read at the mount point where the group lies above it', () => {
    const root = system({
      'proc/self/cgroup': '0::/../other\n',
      'proc/self/mountinfo': V2_MOUNT,
      'sys/fs/cgroup/memory.max': `${GIB}`,
      'sys/fs/other/memory.max': '1',
    });
    expect(containerLimits(root).memory?.value).to.equal(GIB);
  });

  it('is everything where nothing is limited, nothing is there, or what is there makes no sense', () => {
    expect(containerLimits(nested({'memory.max': 'max', 'cpu.max': 'max 100000'}))).to.deep.equal(
      {},
    );
    expect(
      containerLimits(
        v1({
          'sys/fs/cgroup/memory/memory.limit_in_bytes': UNLIMITED,
          'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1',
        }),
      ),
    ).to.deep.equal({});
    expect(containerLimits(system({}))).to.deep.equal({});
    for (const text of ['', '\n', '0', '-5', 'NaN', '1e9', '0x10', '\0\0', 'none of this']) {
      expect(
        containerLimits(
          nested({
            'memory.max': text,
            'cpu.max': text,
            'memory.stat': text,
            'memory.current': text,
          }),
        ),
        text,
      ).to.deep.equal({});
    }
  });

  it('is never an error, whatever the files hold', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (cgroup, mountinfo, value) => {
        const root = system({
          'proc/self/cgroup': cgroup,
          'proc/self/mountinfo': mountinfo,
          'sys/fs/cgroup/memory.max': value,
        });
        const {memory, memoryAvailable: memoryAvailable = 0} = containerLimits(root);
        expect(memory?.value ?? 1).to.be.above(0);
        expect(memoryAvailable).to.be.at.least(0);
      }),
      {numRuns: 50},
    );
  });

  it('is what is left of it by the fullest group, cached pages of files not counted', () => {
    const root = nested({
      'user.slice/job/memory.max': `${2 * GIB}`,
      'user.slice/job/memory.current': `${1.5 * GIB}`,
      'user.slice/job/memory.stat': `anon 5\ninactive_file ${GIB}\nactive_file ${0.25 * GIB}\n`,
      'user.slice/memory.max': `${4 * GIB}`,
      'user.slice/memory.current': `${3.5 * GIB}`,
      'user.slice/memory.stat': 'inactive_file 0\nactive_file 0\n',
    });
    expect(containerLimits(root)).to.deep.include({memoryAvailable: 0.5 * GIB});
    expect(containerLimits(root).memory?.value).to.equal(2 * GIB);
    const older = v1({
      'sys/fs/cgroup/memory/memory.limit_in_bytes': `${2 * GIB}`,
      'sys/fs/cgroup/memory/memory.usage_in_bytes': `${2 * GIB}`,
      'sys/fs/cgroup/memory/memory.stat': `inactive_file 7\ntotal_inactive_file ${GIB}\ntotal_active_file 0\n`,
    });
    expect(containerLimits(older).memoryAvailable).to.equal(GIB);
  });
});

describe('what a process can count on', () => {
  it('is the host where nothing is limited', () => {
    const found = readSystemResources(system({}), HOST);
    expect(found).to.deep.equal({
      memory: {host: 64 * GIB},
      memoryFree: 50 * GIB,
      cores: {host: 32},
    });
    expect(usableCores(found)).to.equal(32);
  });

  it('is what the container allows, with where that is written', () => {
    const root = nested({
      'memory.max': `${1.5 * GIB}`,
      'memory.current': `${0.5 * GIB}`,
      'cpu.max': '150000 100000',
    });
    const found = readSystemResources(root, HOST);
    expect(found).to.deep.equal({
      memory: {
        host: 64 * GIB,
        limit: 1.5 * GIB,
        limitSource: join(root, 'sys/fs/cgroup/memory.max'),
      },
      memoryFree: GIB,
      cores: {host: 32, limit: 1.5, limitSource: join(root, 'sys/fs/cgroup/cpu.max')},
    });
    expect(usableCores(found)).to.equal(2);
  });

  it('is what Node and the system say where that is less', () => {
    const found = readSystemResources(system({}), {
      ...HOST,
      constrainedMemory: 2 * GIB,
      allowedCores: 3,
    });
    expect(found.memory).to.deep.equal({
      host: 64 * GIB,
      limit: 2 * GIB,
      limitSource: 'process.constrainedMemory()',
    });
    expect(found.memoryFree).to.equal(2 * GIB);
    expect(found.cores.limit).to.equal(3);
  });

  it('is the host where the limit is above it', () => {
    const found = readSystemResources(
      nested({'memory.max': `${100 * GIB}`, 'cpu.max': '6400000 100000'}),
      {...HOST, constrainedMemory: 2 ** 64},
    );
    expect(found).to.deep.equal({
      memory: {host: 64 * GIB},
      memoryFree: 50 * GIB,
      cores: {host: 32},
    });
  });

  it('is one thread at least', () => {
    expect(usableCores({cores: {host: 8, limit: 0.1}})).to.equal(1);
  });
});
